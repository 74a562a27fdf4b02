import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { PortTakenError, portOwner } from '../platform/port-owner.ts'

/**
 * Below the range that Linux takes the ports of outgoing connections from (32768 and up): a port from there could be lost
 * to some client's connection while a broker is down, and the broker would not come back.
 */
const LOWEST = 20_000
const HIGHEST = 32_767
const TRIES = 200

/** Ports of 127.0.0.1 that nobody listens on now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let tries = 0; found.size < count; tries++) {
    if (tries === TRIES) throw new Error(`no ${count} free ports between ${LOWEST} and ${HIGHEST}`)
    const port = randomInt(LOWEST, HIGHEST + 1)
    if (await isFree(port)) found.add(port)
  }
  return [...found]
}

/** @throws PortTakenError naming who listens on the port, and `option`, which gives another. */
export async function claimPort(port: number, option: string): Promise<number> {
  if (await isFree(port)) return port
  const owner = portOwner(port)
  const who = owner === null ? 'another process' : `${owner.command} (pid ${owner.pid})`
  throw new PortTakenError(`port ${port} is taken by ${who}; stop it, or give another port with ${option}`)
}

/** Whether nobody listens on the port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
