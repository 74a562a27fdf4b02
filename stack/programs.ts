import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { environment } from '../platform/config.ts'
import { PartError } from './part-error.ts'

/** The Debian package that brings each program a part needs. */
const PACKAGES = {
  flock: 'util-linux',
  java: 'default-jre-headless',
  mvn: 'maven',
  openssl: 'openssl',
  python3: 'python3-venv',
  'redis-server': 'redis-server',
  setpriv: 'util-linux',
} as const

export type Program = keyof typeof PACKAGES

/** @throws PartError naming the packages to install, when a program that `part` needs is not on the path. */
export function requirePrograms(part: string, programs: readonly Program[]): void {
  const missing = programs.filter((program) => !isOnPath(program))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((program) => PACKAGES[program]))]
  throw new PartError(`${part} needs ${missing.join(', ')}: apt-get install ${packages.join(' ')}`)
}

function isOnPath(program: string): boolean {
  return (environment()['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
