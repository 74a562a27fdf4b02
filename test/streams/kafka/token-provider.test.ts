import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect } from '../../../streams/kafka/connect.ts'
import { KafkaCounters } from '../../../streams/kafka/kafka-counters.ts'
import { kafkaSettings } from '../../../streams/kafka/kafka-options.ts'

// Goal: whoever issues tokens for OAUTHBEARER may be away or silent, as a broker may, and no process ends for it.
// Method: a server that says which versions it speaks and nothing else; only over TLS would the options allow the mechanism.
const API_VERSIONS = 18
/** No error, no APIs, no throttling, no tagged fields. */
const NO_VERSIONS = Buffer.from([0, 0, 1, 0, 0, 0, 0, 0])
let server: Server

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on('data', (request) => {
      if (request.readInt16BE(4) !== API_VERSIONS) return
      const answer = Buffer.alloc(8 + NO_VERSIONS.length)
      answer.writeInt32BE(4 + NO_VERSIONS.length, 0)
      request.copy(answer, 4, 8, 12)
      NO_VERSIONS.copy(answer, 8)
      socket.write(answer)
    })
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => server.close())

const secret = 'bearer-of-a-secret'
test.each([
  { why: 'fails', token: () => Promise.reject(new Error(secret)), text: /cannot be had/ },
  { why: 'throws', token: () => JSON.parse(secret) as Promise<string>, text: /cannot be had/ },
  { why: 'never answers', token: () => new Promise<string>(() => {}), text: /no token within \d+ ms/ },
])('a token provider that $why is a reason to try again, and what it said is not repeated', async ({ token, text }) => {
  const broker = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const plain = kafkaSettings({ bootstrapServers: ['127.0.0.1:1'], clientId: 'test', connectTimeoutMs: 200 })
  const settings = { ...plain, sasl: { mechanism: 'OAUTHBEARER', token } as const }
  const error = await connect(broker, settings, new KafkaCounters(), false).catch((refused: unknown) => refused)
  expect(error).toMatchObject({ code: 'KAFKA_UNREACHABLE', next: 'retry', message: expect.stringMatching(text) })
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(secret)
})
