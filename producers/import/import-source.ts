import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Chunks } from './chunks.ts'
import { unpacked } from './unpacked.ts'

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

const GZIP_MAGIC = [0x1f, 0x8b] as const

/**
 * The content of `source`, unpacked when it begins as gzip does, whatever its name. `onRead` hears of every chunk taken
 * from the source, as it stands there. A packed file that ends too early is an error, not an end.
 */
export async function* contentOf(source: ImportSource, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const chunks = new Chunks(source.bytes, onRead)
  try {
    const first = await chunks.atLeast(GZIP_MAGIC.length)
    chunks.putBack([first])
    if (GZIP_MAGIC.every((byte, i) => first[i] === byte)) yield* unpacked(chunks)
    else yield* chunks.rest()
  } finally {
    chunks.close()
  }
}
