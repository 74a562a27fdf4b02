import { createHash } from 'node:crypto'
import type { TopicPartition } from '../../streams/log/log.ts'

/** What a load job is, and nothing that differs from one process to the next. */
export interface LoadJobKey extends TopicPartition {
  /** `project.dataset` */
  readonly dataset: string
  /** Offsets of another log are other offsets. */
  readonly logId: string
  readonly table: string
  /** When the table was made, epoch ms: a job that wrote to a table before this one has written nothing here. */
  readonly tableMadeMs: number
  readonly from: number
  readonly next: number
  /** How many jobs of this key have failed before. */
  readonly failed: number
}

/** The job's id: what a person looks for, and a hash of everything that tells it from every other. At most 1,024 of A-Z, a-z, 0-9, `_`, `-`. */
export function loadJobId(key: LoadJobKey): string {
  const { dataset, logId, topic, partition, table, tableMadeMs, from, next, failed } = key
  const whole = JSON.stringify([dataset, logId, topic, partition, table, tableMadeMs, from, next, failed])
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 32)
  return `sluice_${table}_${partition}_${from}_${next}_${failed}_${hash}`
}
