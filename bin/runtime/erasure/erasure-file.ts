import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** How far an erasure has come; times in epoch ms, null for what is still to do. It holds the subject's token, never the account. */
const ErasureSchema = z.strictObject({
  subject: z.string(),
  actor: z.string(),
  reason: z.string(),
  requestedMs: z.int(),
  /** The control record: its offset in the account's partition. */
  place: z.strictObject({ partition: z.int(), offset: z.int() }).nullable(),
  /** When the chain was seen to have passed it, and where the input ended then, by partition. */
  foldedMs: z.int().nullable(),
  inputEnds: z.array(z.int()),
  /** Where the alerts of the account's partition ended then, and when whoever carries them to Redis was seen to have passed that. */
  alertsEnd: z.int().default(0),
  alertedMs: z.int().nullable().default(null),
  checkpointedMs: z.int().nullable(),
  /** The embedded archive and its exports; the rows that were changed, null where there is no archive. */
  archivedMs: z.int().nullable(),
  archivedRows: z.int().nullable(),
  /** The archive in BigQuery; null where the settings named none. */
  bigquery: z
    .strictObject({
      /** What stands for the account in its rows, until all have it. */
      pseudonym: z.string().nullable(),
      rows: z.int(),
      /** When the last try ended, or began where it was cut off. */
      triedMs: z.int().nullable(),
      /** Why that one failed; null where it did not. It stands until the next, which comes later than the next round. */
      failure: z.string().nullable().default(null),
      erasedMs: z.int().nullable(),
      /** So long BigQuery keeps what changed rows were. */
      keptMs: z.int(),
    })
    .nullable()
    .default(null),
  /** When one-time codes of it were forgotten, and what they left in the file was overwritten. */
  codesMs: z.int().nullable().default(null),
  auditedMs: z.int().nullable(),
  /** By topic, when its retention has taken the last record that was there when the chain had passed; its ends then, by partition. */
  logEnds: z.array(z.strictObject({ topic: z.string(), endsMs: z.int(), ends: z.array(z.int()).default([]) })),
  /** Of these, those that were seen to hold such records past that. */
  overdue: z.array(z.string()).default([]),
  /** When they were seen to hold none of them, and what they left in an embedded log's files was overwritten. */
  overwrittenMs: z.int().nullable(),
  /** Why the last try ended before its end; null where it did not. */
  failure: z.string().nullable().default(null),
})

export type Erasure = z.infer<typeof ErasureSchema>

const UNTRIED: Erasure['bigquery'] = {
  pseudonym: null,
  rows: 0,
  triedMs: null,
  failure: null,
  erasedMs: null,
  keptMs: 0,
}

const folderOf = (dataFolder: string) => join(dataFolder, 'erasures')

/** A new erasure, of which nothing is done. */
export function newErasure(
  subject: string,
  { actor, reason }: Pick<Erasure, 'actor' | 'reason'>,
  nowMs: number,
  hasBigQuery: boolean,
): Erasure {
  const nothing = {
    place: null,
    foldedMs: null,
    alertedMs: null,
    checkpointedMs: null,
    archivedMs: null,
    codesMs: null,
  }
  return {
    ...{ subject, actor, reason, requestedMs: nowMs, ...nothing, archivedRows: null, auditedMs: null },
    ...{
      bigquery: hasBigQuery ? UNTRIED : null,
      inputEnds: [],
      alertsEnd: 0,
      logEnds: [],
      overdue: [],
      overwrittenMs: null,
      failure: null,
    },
  }
}

/** Every erasure that a data folder has been asked for, oldest first. */
export function readErasures(dataFolder: string): Erasure[] {
  return namesIn(folderOf(dataFolder))
    .map((name) => ErasureSchema.parse(JSON.parse(readFileSync(join(folderOf(dataFolder), name), 'utf8'))))
    .sort((a, b) => a.requestedMs - b.requestedMs)
}

/** Keeps how far an erasure has come, whole or not at all. */
export function saveErasure(dataFolder: string, erasure: Erasure): void {
  const folder = folderOf(dataFolder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, nameOf(erasure))
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, `${JSON.stringify(erasure, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(aside, file)
}

function nameOf({ subject, requestedMs }: Erasure): string {
  return `${createHash('sha256').update(subject).digest('hex').slice(0, 16)}-${requestedMs}.json`
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
