import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { currentProcess, isAlive, type ProcessIdentity } from '../streams/machine/process-birth.ts'
import { cacheFolder } from './cache.ts'

/** Logs are kept of so many ended runs. */
const ENDED_RUNS_KEPT = 30

/** The folder of one started part: its logs stay after it, its data does not. */
export interface RunFolder {
  readonly path: string
  readonly data: string
  /** The path of the log of one of its processes. */
  log(process: string): string
  removeData(): void
}

export function newRunFolder(part: string): RunFolder {
  const runs = join(cacheFolder(), 'runs')
  mkdirSync(runs, { recursive: true })
  sweep(runs)
  const path = mkdtempSync(join(runs, `${part}-`))
  const data = join(path, 'data')
  mkdirSync(data)
  writeFileSync(join(path, 'owner.json'), JSON.stringify(currentProcess()))
  return {
    path,
    data,
    log: (process) => join(path, `${process}.log`),
    removeData: () => rmSync(data, { recursive: true, force: true }),
  }
}

/** Removes what killed owners left behind: their data at once, their logs when there are many newer ones. */
function sweep(runs: string): void {
  const ended = readdirSync(runs)
    .map((name) => join(runs, name))
    .filter((path) => !isOwned(path))
    .sort((a, b) => changedMs(b) - changedMs(a))
  for (const path of ended) rmSync(join(path, 'data'), { recursive: true, force: true })
  for (const path of ended.slice(ENDED_RUNS_KEPT)) rmSync(path, { recursive: true, force: true })
}

function isOwned(path: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')) as ProcessIdentity)
  } catch {
    return Date.now() - changedMs(path) < 60_000 // Another process is making it, or was killed while it did.
  }
}

function changedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
