import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

/** What an import reads: bytes, plain or gzip, with a size if it is known. */
export interface ImportSource {
  /** How the user names it. */
  readonly name: string
  /** Size of what `bytes` yields; null for a pipe. */
  readonly bytesTotal: number | null
  readonly bytes: AsyncIterable<Uint8Array>
}

/** A file; `-` is `standardInput`. Rejects when there is no such file. */
export async function openImportSource(path: string, standardInput: Readable): Promise<ImportSource> {
  if (path === '-') return { name: 'standard input', bytesTotal: null, bytes: standardInput }
  const { size } = await stat(path)
  return { name: path, bytesTotal: size, bytes: createReadStream(path, { highWaterMark: 1 << 18 }) }
}

const UNPACKED_CHUNK_BYTES = 1 << 18
const GZIP_MAGIC = [0x1f, 0x8b] as const

/**
 * The content of `source`, unpacked when it begins as gzip does, whatever its name. `onRead` hears of every chunk taken
 * from the source, as it stands there. A packed file that ends too early is an error, not an end.
 */
export async function* contentOf(source: ImportSource, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const chunks = counted(source.bytes, onRead)
  const first = await chunks.next()
  if (first.done) return
  const rest = joined(first.value, chunks)
  if (GZIP_MAGIC.every((byte, i) => first.value[i] === byte)) yield* gunzipped(rest)
  else yield* rest
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue
    onRead(chunk.length)
    yield chunk
  }
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}

async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES })
  const fed = pipeline(Readable.from(chunks), gunzip)
  // What breaks the feeding also breaks `gunzip`, whose reader throws it; then nobody awaits `fed`.
  fed.catch(() => undefined)
  yield* gunzip as AsyncIterable<Uint8Array>
  await fed
}
