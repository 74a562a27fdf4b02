import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../platform/config.ts'
import { SEMANTICS_VERSION } from '../../processors/sinks/semantics-version.ts'
import { type RuleSet, RuleSetSchema } from '../../schemas/rule-set.ts'
import { invariant } from '../../streams/errors.ts'
import { generateKeys, type Keys, keyFingerprint, readKeys } from './keys.ts'

/** The layout below a data folder. Another one is refused by name. */
const FOLDER_FORMAT = 1
const DESCRIPTION = 'folder.json'
const LOG_ID = 'log-id'

const DescriptionSchema = z.strictObject({
  format: z.int(),
  semanticsVersion: z.int(),
  createdAt: z.string(),
  maskKeys: z.record(z.string(), z.string()),
  stateKey: z.string(),
  initialRules: RuleSetSchema,
})

type FolderDescription = z.infer<typeof DescriptionSchema>

/** A data folder: where everything of one pipeline stands. */
export interface DataFolder {
  readonly path: string
  readonly keys: Keys
  /** The rule set before the first RULES_SET record: what was configured when the folder was made. */
  readonly initialRules: RuleSet
  /** Id of the mask key before the first MASK_KEY_ACTIVATED record, as the log's processes have agreed; the first of the file before that. */
  readonly initialMaskKey: string
  /** Id of the state key, for checkpoints. */
  readonly stateKeyId: string
}

/** A data folder that cannot be used; the message says which and what to do. */
export class DataFolderError extends Error {}

export const logFolder = (path: string): string => join(path, 'log')
export const checkpointFolder = (path: string): string => join(path, 'checkpoints')
export const labelFolder = (path: string): string => join(path, 'labels')

/** Opens the folder, or makes it with `rules` in force; keys are made with it in the demo profile alone. */
export function openOrCreateDataFolder(config: Config, rules: RuleSet): DataFolder {
  const path = resolve(config.dataFolder)
  if (!exists(join(path, DESCRIPTION))) create(config, path, rules)
  return openDataFolder(config)
}

/** Opens a folder that is there. @throws DataFolderError, KeysError */
export function openDataFolder(config: Config): DataFolder {
  const path = resolve(config.dataFolder)
  const file = join(path, DESCRIPTION)
  if (!exists(file)) {
    throw new DataFolderError(
      `there is no data folder at ${path}; start one with \`sluice up\` (on a cluster \`sluice worker\`), or name it with --data`,
    )
  }
  const description = readDescription(file)
  const keys = readKeys(keysFolder(config, path))
  requireSameKeys(file, description, keys)
  const { initialRules } = description
  return { path, keys, initialRules, initialMaskKey: firstId(keys), stateKeyId: keyFingerprint(keys.stateKey) }
}

/**
 * Notes, once, which log belongs to the folder. @throws DataFolderError when the log that is there is another folder's.
 */
export function requireOwnLog(folder: Pick<DataFolder, 'path'>, logId: string): void {
  const file = join(folder.path, LOG_ID)
  if (!exists(file)) createOnce(file, `${logId}\n`)
  const own = readFileSync(file, 'utf8').trim()
  if (own === logId) return
  throw new DataFolderError(
    `${logFolder(folder.path)} is log ${logId}, ${file} says ${own}: two folders were mixed; put its own log back`,
  )
}

function create(config: Config, path: string, initialRules: RuleSet): void {
  if (exists(logFolder(path))) {
    throw new DataFolderError(`${path} holds a log but no ${DESCRIPTION}; put it back, or use another folder`)
  }
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const folder = keysFolder(config, path)
  if (config.profile === 'demo' && config.keysFolder === '' && !exists(folder)) generateKeys(folder)
  const { maskKeys, stateKey } = readKeys(folder)
  const description: FolderDescription = {
    format: FOLDER_FORMAT,
    semanticsVersion: SEMANTICS_VERSION,
    createdAt: new Date().toISOString(),
    maskKeys: Object.fromEntries(maskKeys.map(({ id, secret }) => [id, keyFingerprint(secret)])),
    stateKey: keyFingerprint(stateKey),
    initialRules,
  }
  createOnce(join(path, DESCRIPTION), `${JSON.stringify(description, null, 2)}\n`)
}

/** Whole or not at all, and never over another process's. */
function createOnce(file: string, text: string): void {
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, text, { mode: 0o600, flush: true })
  try {
    linkSync(aside, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function readDescription(file: string): FolderDescription {
  let json: { format?: unknown; semanticsVersion?: unknown }
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new DataFolderError(`${file} cannot be read: ${(error as Error).message}; put it back`)
  }
  if (json.format !== FOLDER_FORMAT) {
    throw new DataFolderError(
      `${file} is format ${json.format}, this version reads ${FOLDER_FORMAT}; use another folder`,
    )
  }
  if (json.semanticsVersion !== SEMANTICS_VERSION) {
    throw new DataFolderError(
      `${file} was decided by semantics version ${json.semanticsVersion}, this program is version ${SEMANTICS_VERSION}: ` +
        'its decisions could not be recomputed here; use the version that wrote it, or another folder',
    )
  }
  const parsed = DescriptionSchema.safeParse(json)
  if (!parsed.success) throw new DataFolderError(`${file} is damaged: ${parsed.error.issues[0]?.message}; put it back`)
  return parsed.data
}

/** Keys of another folder would make other tokens: decisions could not be recomputed. */
function requireSameKeys(file: string, { maskKeys, stateKey }: FolderDescription, keys: Keys): void {
  for (const [id, fingerprint] of Object.entries(maskKeys)) {
    const key = keys.maskKeys.find((one) => one.id === id)
    if (key !== undefined && keyFingerprint(key.secret) === fingerprint) continue
    const what = key === undefined ? 'is missing' : 'is another key'
    throw new DataFolderError(`mask key ${id} in ${keys.folder} ${what} than ${file} was made with; put its own back`)
  }
  if (keyFingerprint(keys.stateKey) !== stateKey) {
    throw new DataFolderError(`the state key in ${keys.folder} is not the one of ${file}; put its own back`)
  }
}

function firstId({ maskKeys: [first] }: Pick<Keys, 'maskKeys'>): string {
  invariant(first !== undefined, 'a folder of keys has a mask key')
  return first.id
}

function keysFolder(config: Config, path: string): string {
  return config.keysFolder === '' ? join(path, 'keys') : resolve(config.keysFolder)
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
