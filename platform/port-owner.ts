import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The process that listens on a TCP port. */
export interface PortOwner {
  readonly pid: number
  readonly command: string
}

/** A port that somebody else listens on; the message names who, and the setting. */
export class PortTakenError extends Error {}

/** What kept a server from listening on a port that `setting` chooses. */
export function listenFailure(error: NodeJS.ErrnoException, port: number, setting: string): Error {
  return error.code === 'EADDRINUSE' ? portTaken(port, setting) : error
}

/** What to tell of a port that somebody else has. */
export function portTaken(port: number, setting: string): PortTakenError {
  const owner = portOwner(port)
  const who = owner === null ? 'another process' : `${owner.command} (pid ${owner.pid})`
  return new PortTakenError(`port ${port} is taken by ${who}; stop it, or set ${setting} to a free port`)
}

/** TCP_LISTEN in /proc/net/tcp. */
const LISTENING = '0A'

/** Who listens on a port of this machine, from Linux's /proc; null where that cannot be told. */
export function portOwner(port: number, proc = '/proc'): PortOwner | null {
  const sockets = new Set([...listeningSockets(`${proc}/net/tcp`, port), ...listeningSockets(`${proc}/net/tcp6`, port)])
  if (sockets.size === 0) return null
  for (const pid of namesIn(proc).filter((name) => /^\d+$/.test(name))) {
    const folder = `${proc}/${pid}/fd`
    if (namesIn(folder).some((name) => sockets.has(linkOf(`${folder}/${name}`)))) {
      return { pid: Number(pid), command: textOf(`${proc}/${pid}/cmdline`).split('\0').join(' ').trim() || 'unknown' }
    }
  }
  return null
}

/** The link texts, `socket:[inode]`, of the sockets that listen on the port. */
function listeningSockets(file: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return textOf(file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === LISTENING)
    .map((fields) => `socket:[${fields[9]}]`)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // The process has ended, or is somebody else's.
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
