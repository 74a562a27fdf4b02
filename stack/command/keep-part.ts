import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isAlive } from '../../streams/machine/process-birth.ts'
import { lockFile } from '../file-lock.ts'
import { PartError } from '../part-error.ts'
import type { KeeperMessage } from './keeper.ts'
import type { PartName, StartOptions } from './parts.ts'
import { type RunningPart, removeRunningPart, runningFolder, runningPart } from './running-part.ts'

const KEEPER = fileURLToPath(new URL('keeper.ts', import.meta.url))
/** A keeper that has not ended its part by then is killed, and the part with it. */
const STOP_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 50

/** Starts a part that outlives this process. One that runs already stays as it is: `started` is false then. */
export async function keepPart(
  part: PartName,
  options: StartOptions,
): Promise<{ readonly running: RunningPart; readonly started: boolean }> {
  // Two commands at once: the second waits, and finds it running.
  const unlock = await lockFile(join(runningFolder(), `${part}.lock`))
  try {
    const running = runningPart(part)
    if (running !== null) return { running, started: false }
    const problem = await startKeeper(part, options)
    const started = runningPart(part)
    if (problem !== null || started === null) throw new PartError(problem ?? `${part} ended as soon as it was ready`)
    return { running: started, started: true }
  } finally {
    unlock()
  }
}

/** Ends exactly the keeper that the file names, and so its part; false when none runs. */
export async function stopPart(part: PartName): Promise<boolean> {
  const running = runningPart(part)
  if (running === null) {
    removeRunningPart(part)
    return false
  }
  const { keeper } = running
  process.kill(keeper.pid, 'SIGTERM')
  const deadlineMs = performance.now() + STOP_WITHIN_MS
  while (isAlive(keeper)) {
    if (performance.now() > deadlineMs) process.kill(keeper.pid, 'SIGKILL')
    await pause(LOOK_EVERY_MS)
  }
  removeRunningPart(part)
  return true
}

/** Resolves when the part is ready, with null, or with what went wrong. */
async function startKeeper(part: PartName, options: StartOptions): Promise<string | null> {
  const logFile = join(runningFolder(), `${part}.log`)
  const log = openSync(logFile, 'w')
  const keeper = spawn(process.execPath, [KEEPER, part, JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const told = once(keeper, 'message').then(([message]) => (message as KeeperMessage).problem)
  const ended = once(keeper, 'exit').then(([code]) => `${part}’s keeper ended with exit code ${code}; see ${logFile}`)
  const problem = await Promise.race([told, ended])
  keeper.unref()
  return problem
}
