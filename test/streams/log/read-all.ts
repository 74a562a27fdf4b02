import type { Log, TopicPartition } from '../../../streams/log/log.ts'
import { recordsIn, type TextRecord } from './text-records.ts'

/** Every record of a partition from `offset` on, up to the reader's own word for where it ends. */
export async function readAll(log: Log, at: TopicPartition, offset = 0): Promise<TextRecord[]> {
  const reader = log.openReader(at, offset)
  const records: TextRecord[] = []
  try {
    for (;;) {
      const { bytes, nextOffset, endOffset } = await reader.fetch(1 << 20, 0)
      records.push(...recordsIn(bytes).filter((record) => record.offset >= offset))
      if (nextOffset >= endOffset) return records
    }
  } finally {
    reader.close()
  }
}

export const textsOf = (records: readonly TextRecord[]): string[] => records.map(({ text }) => text)
