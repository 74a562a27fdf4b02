import type { Fetcher } from '../../../streams/kafka/fetcher.ts'
import type { LogReader, TopicPartition } from '../../../streams/log/log.ts'
import { recordsIn } from '../log/text-records.ts'

/** What a reader gave out, up to the end of the partition. */
export interface ReadTexts {
  readonly texts: string[]
  readonly offsets: number[]
  /** The reader's own word for where it stands. */
  readonly nextOffset: number
  readonly endOffset: number
  readonly fetches: number
}

/** A marker follows the end of its transaction by some ms; nothing takes longer than this. */
const WAIT_MS = 10_000

/** Reads from `offset` until `until` is reached, or the end of the partition, `maxBytes` at a time. */
export async function readTexts(
  fetcher: Fetcher,
  at: TopicPartition,
  { maxBytes = 1 << 20, offset = 0, until = 0 }: { maxBytes?: number; offset?: number; until?: number } = {},
): Promise<ReadTexts> {
  const reader = fetcher.open(at, offset)
  try {
    return await readOn(reader, until, maxBytes)
  } finally {
    reader.close()
  }
}

/** The same from where the reader stands. */
export async function readOn(reader: LogReader, until = 0, maxBytes: number = 1 << 20): Promise<ReadTexts> {
  const texts: string[] = []
  const offsets: number[] = []
  let position = 0
  for (let fetches = 1; ; fetches++) {
    const { bytes, nextOffset, endOffset } = await reader.fetch(maxBytes, position < until ? WAIT_MS : 0)
    for (const record of recordsIn(bytes)) {
      texts.push(record.text)
      offsets.push(record.offset)
    }
    position = nextOffset
    if (nextOffset >= endOffset && nextOffset >= until) return { texts, offsets, nextOffset, endOffset, fetches }
  }
}
