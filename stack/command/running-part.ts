import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity } from '../../streams/machine/process-birth.ts'
import { cacheFolder } from '../cache.ts'
import type { Addresses, PartName } from './parts.ts'

/** A part that `npm run stack` has started, as its file in the cache folder says. */
export interface RunningPart {
  readonly part: PartName
  /** The process that started it and that it ends with. */
  readonly keeper: ProcessIdentity
  readonly addresses: Addresses
  readonly pids: readonly number[]
  readonly folder: string
}

/** Where the keepers' files, locks and logs stand. */
export function runningFolder(): string {
  const folder = join(cacheFolder(), 'running')
  mkdirSync(folder, { recursive: true })
  return folder
}

/** The part as it runs now, null when it does not: what a killed keeper has left behind counts for nothing. */
export function runningPart(part: PartName): RunningPart | null {
  try {
    const running = JSON.parse(readFileSync(fileOf(part), 'utf8')) as RunningPart
    return isAlive(running.keeper) ? running : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export function writeRunningPart(running: RunningPart): void {
  const file = fileOf(running.part)
  writeFileSync(`${file}.tmp`, JSON.stringify(running))
  renameSync(`${file}.tmp`, file)
}

export function removeRunningPart(part: PartName): void {
  rmSync(fileOf(part), { force: true })
}

function fileOf(part: PartName): string {
  return join(runningFolder(), `${part}.json`)
}
