import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { contentOf } from '../../../producers/import/import-source.ts'

// Goal: a file is read whole, however it is packed and however it comes, or reading it ends with an error.
const PLAIN = 'a,b\n1,2\n'
const FIRST = gzipSync(PLAIN)
const SECOND = gzipSync('3,4\n'.repeat(5_000))
const BOTH = PLAIN + '3,4\n'.repeat(5_000)
const ZEROS = Buffer.alloc(1_000)
/** More than is fed ahead of what is taken. */
const MANY_ZEROS = Buffer.alloc(1 << 20)

async function* inChunks(bytes: Uint8Array, chunkBytes: number) {
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes)
}

/** What is read, and of how many bytes the reader was told. */
async function read(bytes: AsyncIterable<Uint8Array>): Promise<{ text: string; heardBytes: number }> {
  let heardBytes = 0
  const parts: Uint8Array[] = []
  const content = contentOf({ name: 'test', bytesTotal: null, bytes }, (length) => {
    heardBytes += length
  })
  for await (const part of content) parts.push(part.slice())
  return { text: Buffer.concat(parts).toString(), heardBytes }
}

const WHOLE = [
  { why: 'nothing', packed: [], text: '' },
  { why: 'one byte', packed: [Buffer.of(0x1f)], text: '\u001f' },
  { why: 'plain text', packed: [Buffer.from(PLAIN)], text: PLAIN },
  { why: 'one member', packed: [FIRST], text: PLAIN },
  { why: 'two members', packed: [FIRST, SECOND], text: BOTH },
  { why: 'padding at the end', packed: [FIRST, ZEROS], text: PLAIN },
  { why: 'a member behind padding', packed: [FIRST, ZEROS, SECOND], text: BOTH },
  { why: 'a member behind one zero', packed: [FIRST, Buffer.of(0), SECOND], text: BOTH },
  { why: 'padding twice', packed: [FIRST, ZEROS, SECOND, ZEROS, FIRST, ZEROS], text: BOTH + PLAIN },
]

const BROKEN = [
  { why: 'a member is cut off', packed: [FIRST, SECOND.subarray(0, -1)] },
  { why: 'a member behind padding is cut off', packed: [FIRST, ZEROS, SECOND.subarray(0, -1)] },
  { why: 'a member is cut off after one byte', packed: [FIRST, SECOND.subarray(0, 1)] },
  { why: 'text stands behind a member', packed: [FIRST, Buffer.from(PLAIN)] },
  { why: 'text stands behind padding', packed: [FIRST, ZEROS, Buffer.from(PLAIN)] },
]

describe.each([1, 2, 7, 26, 1 << 20])('import: in chunks of %i', (chunkBytes) => {
  test.each(WHOLE)('$why is read whole', async ({ packed, text }) => {
    const bytes = Buffer.concat(packed)
    expect(await read(inChunks(bytes, chunkBytes))).toEqual({ text, heardBytes: bytes.length })
  })

  test.each(BROKEN)('it is an error when $why', async ({ packed }) => {
    await expect(read(inChunks(Buffer.concat(packed), chunkBytes))).rejects.toThrow(/this is not whole gzip: /)
  })
})

test('import: a member behind much padding is read, in chunks that end where the parts do', async () => {
  async function* parts() {
    yield* [FIRST, new Uint8Array(0), ...Array.from({ length: 40 }, () => MANY_ZEROS), SECOND]
  }
  expect((await read(parts())).text).toBe(BOTH)
})

test.each([
  { where: 'before anything', before: [] },
  { where: 'within plain text', before: [Buffer.from(PLAIN)] },
  { where: 'within a member', before: [FIRST.subarray(0, 12)] },
  { where: 'behind a member', before: [FIRST] },
  { where: 'within padding', before: [FIRST, ZEROS] },
])('import: a file that cannot be read on is an error, $where', async ({ before }) => {
  async function* failing() {
    yield* before
    throw new Error('the disk is gone')
  }
  await expect(read(failing())).rejects.toThrow('the disk is gone')
})

test.each([
  { why: 'plain', chunk: Buffer.from(PLAIN) },
  { why: 'packed', chunk: FIRST },
])('import: a source that is not read to its end is closed, $why', async ({ chunk }) => {
  const closed = Promise.withResolvers<void>()
  async function* endless() {
    try {
      for (;;) yield chunk
    } finally {
      closed.resolve()
    }
  }
  for await (const _part of contentOf({ name: 'test', bytesTotal: null, bytes: endless() }, () => {})) break
  await closed.promise
})
