import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { environment, readConfig } from '../platform/config.ts'

/** Where downloads, and the folders of running parts, stand: SLUICE_STACK_CACHE, else the user's cache folder (XDG). */
export function cacheFolder(): string {
  const { stackCache } = readConfig()
  if (stackCache !== '') return stackCache
  return join(environment()['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice')
}

/**
 * The folder `name` of the cache; `fill` makes it when it is not there. It appears whole or not at all, and of several
 * processes that want it one fills it while the others wait.
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), 'parts', name)
  if (existsSync(folder)) return folder
  mkdirSync(join(cacheFolder(), 'parts'), { recursive: true })
  const unlock = await lock(`${folder}.lock`)
  try {
    if (existsSync(folder)) return folder
    const unfinished = `${folder}.unfinished`
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished)
    await fill(unfinished)
    renameSync(unfinished, folder)
    return folder
  } finally {
    unlock()
  }
}

/** Takes the lock of flock(1), which the kernel releases with the process: the one that holds it reads until we are gone. */
async function lock(file: string): Promise<() => void> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await Promise.race([
    once(holder.stdout, 'data'), // Also rejects when flock cannot be started.
    once(holder, 'exit').then(([code]) => Promise.reject(new Error(`flock ${file} ended with exit code ${code}`))),
  ])
  return () => holder.stdin.end()
}
