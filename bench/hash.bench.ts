import { createHmac, createSecretKey } from 'node:crypto'
import { createHashKernel, HmacTokens, KeyedHash } from '../streams/hash/index.ts'
import { Report } from './harness.ts'

/**
 * What the hash kernel costs: nanoseconds an id hash, and a token with its request, its share of the flush and the
 * writing of its digits. The paired naive variant is Node's createHmac with a KeyObject.
 * Each figure is the median of five rounds.
 */
const ROUNDS = 5
const TICKETS = 4_096
const ID_BYTES = 36
const ARENA_BYTES = 1 << 20

const report = new Report('hash', 'The hash kernel')

/** Reports the median of `ROUNDS` runs of `operations` operations each, after one run to warm up. */
function measure(name: string, operations: number, run: () => void): void {
  run()
  const nanoseconds = Array.from({ length: ROUNDS }, () => {
    const start = process.hrtime.bigint()
    run()
    return Number(process.hrtime.bigint() - start) / operations
  })
  report.figure(name, 'ns', nanoseconds)
}

function measureIds(lanes: 'simd' | 'scalar'): void {
  const kernel = createHashKernel({ arenaBytes: ARENA_BYTES, lanes })
  const hash = new KeyedHash(kernel, new Uint8Array(16).fill(7))
  const ids = 1_000_000
  let sum = 0
  measure(`${lanes}: id hash of ${ID_BYTES} bytes`, ids, () => {
    for (let i = 0; i < ids; i++) {
      hash.hash((i * ID_BYTES) % (ARENA_BYTES - ID_BYTES), ID_BYTES)
      sum = (sum + (hash.words[0] as number)) | 0
    }
  })
  measure(`${lanes}: fingerprint of 8 ranges of 12 bytes`, ids / 8, () => {
    for (let i = 0; i < ids / 8; i++) {
      hash.begin()
      for (let field = 0; field < 8; field++) hash.range((i & 4_095) * 128 + field * 12, 12)
      sum = (sum + hash.finish()) | 0
    }
  })
}

function measureTokens(lanes: 'simd' | 'scalar', messageBytes: number): void {
  const kernel = createHashKernel({ arenaBytes: ARENA_BYTES, lanes })
  const tokens = new HmacTokens(kernel)
  tokens.useKey(tokens.loadKey(new Uint8Array(32).fill(7)))
  const out = new DataView(new ArrayBuffer(TICKETS * 64))
  const tickets = new Int32Array(TICKETS)
  const batches = 40
  measure(`${lanes}: token of ${messageBytes} bytes`, batches * TICKETS, () => {
    for (let batch = 0; batch < batches; batch++) {
      for (let i = 0; i < TICKETS; i++) tickets[i] = tokens.request(i * 128 + batch, messageBytes)
      tokens.flush()
      for (let i = 0; i < TICKETS; i++) tokens.writeHex(tickets[i] as number, out, i * 64)
      tokens.reset()
    }
  })
}

function measureNaive(messageBytes: number): void {
  const key = createSecretKey(new Uint8Array(32).fill(7))
  const message = new Uint8Array(messageBytes)
  const tokens = 50_000
  measure(`createHmac(KeyObject): token of ${messageBytes} bytes`, tokens, () => {
    for (let i = 0; i < tokens; i++) {
      message[0] = i
      createHmac('sha256', key).update(message).digest('hex')
    }
  })
}

for (const lanes of ['simd', 'scalar'] as const) {
  measureIds(lanes)
  for (const messageBytes of [16, 24, 60]) measureTokens(lanes, messageBytes)
}
for (const messageBytes of [16, 24]) measureNaive(messageBytes)
report.finish()
