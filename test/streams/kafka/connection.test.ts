import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createAPI, Writer } from '@platformatic/kafka'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BrokerConnection } from '../../../streams/kafka/connection.ts'
import { FrameReader } from '../../../streams/kafka/frame-reader.ts'
import { KafkaCounters } from '../../../streams/kafka/kafka-counters.ts'
import { endTxnV5 } from '../../../streams/kafka/transaction-api.ts'

// Goal: what a connection keeps of requests is bounded, whatever a broker does not answer.
// Method: a server that takes requests and answers when the test says so, with the request's own number.
const IN_FLIGHT_MAX = 5
const WAITING_MAX = 1_024
const echo = createAPI<[number: number], number>(
  900,
  0,
  (number) => Writer.create().appendInt32(number),
  (_correlationId, _apiKey, _apiVersion, reader) => reader.readInt32(),
  false,
  false,
)

let server: Server
let broker: Socket
let client: Socket
let connection: BrokerConnection
let counters: KafkaCounters
/** Requests that have arrived and are not answered yet. */
let arrived: Buffer[]
let arrival: () => void

beforeEach(async () => {
  arrived = []
  arrival = () => {}
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  client = connect(port, '127.0.0.1')
  ;[broker] = (await once(server, 'connection')) as [Socket]
  const requests = new FrameReader(false, 1 << 20, (frame) => {
    arrived.push(Buffer.from(frame))
    arrival()
  })
  broker.on('data', (chunk) => requests.push(chunk as Buffer))
  counters = new KafkaCounters()
  const settings = { clientId: 'test', requestTimeoutMs: 60_000, reuseFrames: false }
  connection = new BrokerConnection(client, { host: '127.0.0.1', port }, settings, counters)
  client.on('data', (chunk) => connection.receive(chunk as Buffer))
})
afterEach(() => {
  connection.close()
  broker.destroy()
  server.close()
})

async function untilArrived(count: number): Promise<void> {
  while (arrived.length < count) {
    await new Promise<void>((resolve) => {
      arrival = resolve
    })
  }
}

/** Answers the oldest request with what it sent. */
function answer(): void {
  const request = arrived.shift() as Buffer
  const frame = Buffer.alloc(12)
  frame.writeInt32BE(8, 0)
  request.copy(frame, 4, 4, 8)
  request.copy(frame, 8, request.length - 4)
  broker.write(frame)
}

test('a connection has five requests in flight and 1,024 behind them; one more is refused and was not sent', async () => {
  const answers = Array.from({ length: IN_FLIGHT_MAX + WAITING_MAX }, (_, number) => connection.call(echo, number))
  await expect(connection.call(echo, -1)).rejects.toMatchObject({
    code: 'KAFKA_UNREACHABLE',
    next: 'retry',
    message: expect.stringContaining('1024 requests are waiting already'),
  })
  await untilArrived(IN_FLIGHT_MAX)
  expect(counters.requestTotal).toBe(IN_FLIGHT_MAX)
  answer()
  expect(await answers[0]).toBe(0)
  // Its place is another's now, and one more may wait.
  expect(counters.requestTotal).toBe(IN_FLIGHT_MAX + 1)
  answers.push(connection.call(echo, answers.length))
  for (let answered = 1; answered < answers.length; answered++) {
    await untilArrived(1)
    expect(arrived.length).toBeLessThanOrEqual(IN_FLIGHT_MAX)
    answer()
  }
  expect(await Promise.all(answers)).toEqual(answers.map((_, number) => number))
})

test('a connection that ends tells what was sent from what was not', async () => {
  const outcomes = Array.from({ length: IN_FLIGHT_MAX + 2 }, (_, number) =>
    connection.call(echo, number).catch((error: { readonly code: string; readonly next: string }) => error),
  )
  await untilArrived(IN_FLIGHT_MAX)
  broker.destroy()
  const codes = (await Promise.all(outcomes)).map((error) => (error as { code: string }).code)
  expect(codes).toEqual([...Array(IN_FLIGHT_MAX).fill('KAFKA_NO_ANSWER'), 'KAFKA_UNREACHABLE', 'KAFKA_UNREACHABLE'])
})

test('a broker that asks for a pause with the end of a transaction gets it', async () => {
  const ended = connection.call(endTxnV5, 'id', 5n, 1, true)
  await untilArrived(1)
  const [request] = arrived as [Buffer]
  // Length, correlation id, tagged fields; throttling, error code, producer id and epoch, tagged fields.
  const frame = Buffer.alloc(26)
  frame.writeInt32BE(frame.length - 4, 0)
  request.copy(frame, 4, 4, 8)
  frame.writeInt32BE(700, 9)
  frame.writeBigInt64BE(6n, 15)
  frame.writeInt16BE(2, 23)
  broker.write(frame)
  expect(await ended).toMatchObject({ producerId: 6n, producerEpoch: 2 })
  expect(counters.throttleTimeMsTotal).toBe(700)
})
