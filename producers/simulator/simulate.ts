import type { Clock } from '../clock.ts'
import { sendPaced } from '../pacing.ts'
import type { PaymentProducer } from '../payment-producer.ts'
import { labelRow } from './label-file.ts'
import type { LabelledRecord } from './labelled-record.ts'

export interface SimulationSending {
  readonly producer: Pick<PaymentProducer, 'send' | 'sendValue'>
  readonly clock: Clock
  /** True sends each record when it is due (open loop); false as fast as the producer takes them. */
  readonly onTime: boolean
  /** Takes the rows of the label file (see `LABEL_FILE_HEADER`). */
  readonly writeLabels?: (rows: string) => void
  /** Hears of each record after it was handed over. */
  readonly onSent?: (record: LabelledRecord) => void
  readonly signal?: AbortSignal
}

/** Sends the records of a scenario; returns how many. Flush the producer to know that the log has them. */
export function simulate(records: Iterable<LabelledRecord>, sending: SimulationSending): Promise<number> {
  const { producer, clock, onTime, writeLabels, onSent, signal } = sending
  return sendPaced(records, {
    dueMs: onTime ? (record) => record.intendedSendMs : null,
    send: (record) => {
      const { payment, key, value } = record
      const room = payment === null ? producer.sendValue(key, value) : producer.send(payment)
      writeLabels?.(labelRow(record))
      onSent?.(record)
      return room
    },
    clock,
    ...(signal && { signal }),
  })
}
