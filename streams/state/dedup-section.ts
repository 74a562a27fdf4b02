import { setImmediate } from 'node:timers/promises'
import { invariant } from '../errors.ts'
import { BLOCKS_PER_CHUNK, DedupChunk, type RingExtent, ROW_WORDS, ROWS_PER_BLOCK } from './dedup-ring.ts'
import type { DedupTable } from './dedup-table.ts'
import { bytesOf, type CheckpointedStore, type SectionReader, type SectionSnapshot, SLICE_BYTES } from './section.ts'

const HEAD_WORDS = 4
const BLOCK_WORDS = ROWS_PER_BLOCK * ROW_WORDS
/** Rows that are put into the index before the event loop gets a turn. */
const ROWS_PER_TURN = 2048

/** The filled blocks [from, to) of chunk `number` and the end of its filled words. */
interface ChunkRange {
  readonly number: number
  readonly from: number
  readonly to: number
  readonly endWord: number
}

/**
 * Puts a dedup table into checkpoints: a head, then for each chunk the blocks' row counts, base times and base offsets,
 * and the rows. Committed rows never change, so they are written from where they stand while the table goes on.
 */
export class DedupSection implements CheckpointedStore {
  readonly name: string
  readonly layout = `dedup/1 of ${ROW_WORDS} words, ${ROWS_PER_BLOCK} a block, ${BLOCKS_PER_CHUNK} blocks a chunk`
  readonly #table: DedupTable

  constructor(name: string, table: DedupTable) {
    this.name = name
    this.#table = table
  }

  snapshot(): SectionSnapshot {
    invariant(this.#table.committed, 'a snapshot begins within an overlay')
    const ring = this.#table.ring
    const extent = ring.pin()
    const ranges = rangesOf(extent.firstBlock, extent.blocks, extent.lastRows)
    const slices = slicesOf(extent, ring.rows, ranges)
    let pinned = true
    return {
      byteLength: ranges.reduce((sum, range) => sum + rangeBytes(range), HEAD_WORDS * 4),
      next: () => slices.next().value ?? null,
      release: () => {
        if (pinned) ring.unpin()
        pinned = false
      },
    }
  }

  async restore(reader: SectionReader): Promise<void> {
    const head = new Int32Array(HEAD_WORDS)
    await reader.read(bytesOf(head))
    const [firstBlock, blocks, lastRows, rows] = [head[0]!, head[1]!, head[2]!, head[3]!]
    const chunks: DedupChunk[] = []
    let counted = 0
    for (const { from, to, endWord } of rangesOf(firstBlock, blocks, lastRows)) {
      const chunk = new DedupChunk()
      chunks.push(chunk)
      await reader.read(chunk.blockRows.subarray(from, to))
      for (let block = from; block < to; block++) counted += chunk.blockRows[block]!
      await reader.read(bytesOf(chunk.baseTimes, from, to))
      await reader.read(bytesOf(chunk.baseOffsets, from, to))
      await reader.read(bytesOf(chunk.words, from * BLOCK_WORDS, endWord))
    }
    const { ring, index } = this.#table
    invariant(counted === rows, `section ${this.name} holds as many rows as it says`)
    ring.adopt({ chunks, firstBlock, blocks, lastRows }, rows)
    for (const _ of index.reserve(rows)) await setImmediate()
    let turn = 0
    for (const [first, end] of ring.ranges()) {
      for (let row = first; row < end; row++) index.insert(ring.word(row, 0), ring.word(row, 1), row)
      turn += end - first
      if (turn >= ROWS_PER_TURN) {
        turn = 0
        await setImmediate()
      }
    }
  }
}

function rangesOf(firstBlock: number, blocks: number, lastRows: number): ChunkRange[] {
  const endBlock = blocks === 0 ? 0 : firstBlock + blocks
  return Array.from({ length: Math.ceil(endBlock / BLOCKS_PER_CHUNK) }, (_, number) => {
    const from = number === 0 ? firstBlock : 0
    const left = endBlock - number * BLOCKS_PER_CHUNK
    const to = Math.min(BLOCKS_PER_CHUNK, left)
    const endWord = left <= BLOCKS_PER_CHUNK ? (to - 1) * BLOCK_WORDS + lastRows * ROW_WORDS : to * BLOCK_WORDS
    return { number, from, to, endWord }
  })
}

function rangeBytes({ from, to, endWord }: ChunkRange): number {
  return (to - from) * 17 + (endWord - from * BLOCK_WORDS) * 4
}

function* slicesOf(extent: RingExtent, rows: number, ranges: readonly ChunkRange[]): Generator<Uint8Array, null> {
  yield bytesOf(Int32Array.of(extent.firstBlock, extent.blocks, extent.lastRows, rows))
  for (const { number, from, to, endWord } of ranges) {
    const chunk = extent.chunks[number]!
    const counts = chunk.blockRows.slice(from, to)
    // The table goes on filling the last block; what stands there beyond this snapshot is not part of it.
    if (number === ranges.length - 1) counts[counts.length - 1] = extent.lastRows
    yield counts
    yield bytesOf(chunk.baseTimes, from, to)
    yield bytesOf(chunk.baseOffsets, from, to)
    for (let word = from * BLOCK_WORDS; word < endWord; word += SLICE_BYTES / 4) {
      yield bytesOf(chunk.words, word, Math.min(endWord, word + SLICE_BYTES / 4))
    }
  }
  return null
}
