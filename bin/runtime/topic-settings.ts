import { TOPICS, type Topic } from '../../schemas/topics.ts'
import type { TopicSettings } from '../../streams/log/log.ts'

/** How much of the log's bytes, in hundredths, each topic may fill before its oldest records go. */
const SHARES: Readonly<Record<string, number>> = {
  [TOPICS.paymentsSubmitted.name]: 21,
  [TOPICS.paymentsDecided.name]: 16,
  [TOPICS.fraudAlerts.name]: 3,
  [TOPICS.paymentsDlq.name]: 1,
  [TOPICS.fraudActions.name]: 1,
  [TOPICS.paymentsDuplicates.name]: 1,
}
const SMALL_SHARE = 0.25

/** What the tasks' transactions write; everything else is written by producers alone. */
export const OUTPUT_TOPICS: readonly string[] = [
  TOPICS.paymentsDecided.name,
  TOPICS.paymentsDlq.name,
  TOPICS.fraudAlerts.name,
  TOPICS.fraudActions.name,
  TOPICS.paymentsDuplicates.name,
]

/** What the tasks read and write. */
export const TASK_TOPICS: readonly Topic[] = Object.values(TOPICS).filter(
  ({ name }) => name === TOPICS.paymentsSubmitted.name || OUTPUT_TOPICS.includes(name),
)

export interface Retention {
  /** Bytes of the whole log; null keeps everything for ever, as an import does that is to be verified. */
  readonly logBytesMax: number | null
  /** The longest that payments stay. */
  readonly retentionMs: number
}

/**
 * Every topic as the embedded log holds it. Shares sum to less than half, because the store needs up to twice a batch's
 * bytes for it; so retention always comes before the log is full.
 */
export function topicSettings({ logBytesMax, retentionMs }: Retention): TopicSettings[] {
  return Object.values(TOPICS).map((topic: Topic) => {
    const share = SHARES[topic.name] ?? SMALL_SHARE
    const keepsAll = logBytesMax === null
    return {
      topic: topic.name,
      partitions: topic.partitions,
      retentionMs: keepsAll || topic.retentionMs < 0 ? -1 : Math.min(topic.retentionMs, retentionMs),
      retentionBytes: keepsAll ? -1 : Math.floor((logBytesMax * share) / 100 / topic.partitions),
      writtenBy: OUTPUT_TOPICS.includes(topic.name) ? 'tasks' : 'producers',
    }
  })
}
