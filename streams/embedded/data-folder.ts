import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import { syncDirectory } from './sync-directory.ts'

/** The format of everything below the folder. Another one is refused by name, never guessed at. */
export const FOLDER_FORMAT = 1

const IDENTITY_FILE = 'sluice-log.json'

/** Who a data folder is: every environment inside carries the same id, so that two folders never mix. */
export interface FolderIdentity {
  readonly format: number
  readonly folderId: string
  readonly createdAtMs: number
}

/**
 * Reads the folder's identity; a folder without one gets `fresh`. When several processes create it at once, one wins
 * and all read the same.
 * @throws StreamsError UNKNOWN_FORMAT (stop) when the identity is not of this format.
 */
export function claimFolder(directory: string, fresh: FolderIdentity): FolderIdentity {
  mkdirSync(directory, { recursive: true, mode: 0o700 }) // Payments stand in it, if masked ones.
  const path = join(directory, IDENTITY_FILE)
  return readIdentity(path) ?? createIdentity(directory, path, fresh)
}

function readIdentity(path: string): FolderIdentity | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const identity = parseIdentity(text)
  if (identity?.format === FOLDER_FORMAT) return identity
  const found = identity === null ? 'cannot be read' : `is format ${identity.format}`
  throw new StreamsError(
    'UNKNOWN_FORMAT',
    'stop',
    `${path} ${found}, this version reads format ${FOLDER_FORMAT}; use the version that wrote it, or another folder`,
  )
}

function parseIdentity(text: string): FolderIdentity | null {
  try {
    const identity = JSON.parse(text) as Partial<FolderIdentity> | null
    const { format, folderId, createdAtMs } = identity ?? {}
    if (typeof format !== 'number' || typeof folderId !== 'string' || typeof createdAtMs !== 'number') return null
    return { format, folderId, createdAtMs }
  } catch {
    return null // Not JSON: reported by the caller with the file's name.
  }
}

/** Whole or not at all: written aside, synced, then linked, which fails when somebody else was first. */
function createIdentity(directory: string, path: string, fresh: FolderIdentity): FolderIdentity {
  const aside = `${path}.${process.pid}`
  const file = openSync(aside, 'w', 0o600)
  try {
    writeSync(file, `${JSON.stringify(fresh)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  try {
    linkSync(aside, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
  syncDirectory(directory)
  return readIdentity(path) ?? fresh
}
