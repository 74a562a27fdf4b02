import { once } from 'node:events'
import { connect } from 'node:net'

const WITHIN_MS = 5_000

/** Sends one inline command, such as PING, and resolves with the first bytes that come back. */
export async function askRedis(address: string, command: string): Promise<string> {
  const [host, port] = address.split(':')
  const socket = connect({ host: host!, port: Number(port), timeout: WITHIN_MS })
  socket.once('timeout', () => socket.destroy(new Error(`no answer within ${WITHIN_MS} ms`)))
  try {
    await once(socket, 'connect')
    socket.write(`${command}\r\n`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString()
  } finally {
    socket.destroy()
  }
}

/** @throws unless the server answers PING, if only to ask for the password. */
export async function pingRedis(address: string): Promise<void> {
  const answer = await askRedis(address, 'PING')
  if (!answer.startsWith('+PONG') && !answer.startsWith('-NOAUTH')) throw new Error(`PING is answered ${answer.trim()}`)
}
