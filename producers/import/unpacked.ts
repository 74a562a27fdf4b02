import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Chunks } from './chunks.ts'

const UNPACKED_CHUNK_BYTES = 1 << 18

/**
 * The content of gzip members, one behind the other. Zeros behind a member are padding, as tapes and block devices have it: zlib takes
 * them for the end of everything and drops what follows, so each member behind some is unpacked anew. Anything else there is an error.
 */
export async function* unpacked(packed: Chunks): AsyncGenerator<Uint8Array> {
  do yield* untilPadding(packed)
  while (await passZeros(packed))
}

/** Unpacks until zeros stand where a member should, or to the end. Leaves what zlib did not take. */
async function* untilPadding(packed: Chunks): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES })
  /** What was fed and not yet taken, and how much was before it. */
  const fed: Uint8Array[] = []
  let takenBytes = 0
  async function* feed() {
    for await (const chunk of packed.rest()) {
      for (let [first] = fed; first !== undefined && takenBytes + first.length <= gunzip.bytesWritten; [first] = fed) {
        takenBytes += first.length
        fed.shift()
      }
      fed.push(chunk)
      yield chunk
    }
  }
  const feeding = feed()
  // What breaks the feeding also breaks `gunzip`, whose reader throws it; that it ends before all is fed is no failure here.
  pipeline(feeding, gunzip).catch(() => undefined)
  try {
    yield* gunzip as AsyncIterable<Uint8Array>
  } catch (error) {
    throw described(error)
  }
  // A chunk may still be on its way to a feeding that is over: it is the last of those fed.
  await feeding.return(undefined)
  packed.putBack(behind(fed, gunzip.bytesWritten - takenBytes))
}

/** What is left of chunks without their first bytes. */
function behind(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let passed = 0
  return chunks.map((chunk) => {
    const left = chunk.subarray(Math.max(0, bytes - passed))
    passed += chunk.length
    return left
  })
}

/** Passes zeros; false at the end. */
async function passZeros(packed: Chunks): Promise<boolean> {
  for (let chunk = await packed.next(); chunk !== null; chunk = await packed.next()) {
    const at = chunk.findIndex((byte) => byte !== 0)
    if (at < 0) continue
    packed.putBack([chunk.subarray(at)])
    return true
  }
  return false
}

/** zlib's own words do not say what they are about. */
function described(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) return error
  return new Error(`this is not whole gzip: ${error.message}; unpack or copy the file anew`, { cause: error })
}
