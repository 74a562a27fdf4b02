import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { environment, readConfig } from '../platform/config.ts'
import { lockFile } from './file-lock.ts'

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
  const unlock = await lockFile(`${folder}.lock`)
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
