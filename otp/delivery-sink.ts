import { FRAME_BYTES, readFrame } from '../schemas/avro/framing.ts'
import { OtpDeliveryReader } from '../schemas/generated/otp-delivery.ts'
import { TOPICS } from '../schemas/topics.ts'
import { StreamsError } from '../streams/errors.ts'
import type { GroupOffsets, Log, LogReader, TopicPartition } from '../streams/log/log.ts'
import { visitBatches } from '../streams/record/visit-batches.ts'
import { runSessions } from '../streams/sink/run-sessions.ts'
import { CodeDelivery, type CodeDeliveryOptions } from './code-delivery.ts'
import { InFlight } from './in-flight.ts'

/** The offsets on the log of who sends codes. */
export const OTP_GROUP = 'sluice-otp'

/** Deliveries of a partition under way; past it nothing is fetched. */
const IN_FLIGHT_MAX = 32
const FETCH_BYTES = 16 * 1024
const FETCH_WAIT_MS = 250
const PAUSE = { firstMs: 1_000, maxMs: 1_000 } as const

export interface DeliverySinkOptions extends CodeDeliveryOptions {
  readonly log: Log
  readonly group: GroupOffsets
  readonly schemaId: number
  /** What went wrong with the log or a record; it goes on. */
  readonly onSurvived: (error: StreamsError) => void
}

/**
 * Sends the codes that wait on `otp.deliveries`. A partition's offset is committed once each delivery before it has ended, sent or
 * given up, so after a crash what was under way comes again; what was sent by then is found sent.
 */
export class DeliverySink {
  readonly delivery: CodeDelivery
  /** Records that are no deliveries; they are passed by. */
  malformed = 0
  private readonly options: DeliverySinkOptions
  private readonly reader = new OtpDeliveryReader()

  constructor(options: DeliverySinkOptions) {
    this.options = options
    this.delivery = new CodeDelivery(options)
  }

  /** Resolves once `signal` has asked for the end and what was being sent is over. @throws StreamsError what stops it before. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(PARTITIONS.map((at) => this.follow(at, signal)))
  }

  private follow(at: TopicPartition, signal: AbortSignal): Promise<void> {
    const { clock, onSurvived } = this.options
    const session = (ending: AbortSignal) => this.session(at, ending)
    return runSessions({ session, onWaiting: onSurvived, clock, pause: PAUSE }, signal)
  }

  private async session(at: TopicPartition, signal: AbortSignal): Promise<void> {
    const { log, group } = this.options
    const { startOffset } = await log.bounds(at)
    // What retention has taken was over long ago: codes live for minutes, records for a day.
    const from = Math.max(startOffset, (await group.committed(at))?.offset ?? 0)
    const inFlight = new InFlight(from, IN_FLIGHT_MAX)
    const reader = log.openReader(at, from)
    try {
      await this.readOn(at, reader, inFlight, signal)
    } finally {
      reader.close()
      await inFlight.drained()
      await this.commit(at, inFlight)
    }
  }

  private async readOn(at: TopicPartition, reader: LogReader, inFlight: InFlight, signal: AbortSignal): Promise<void> {
    for (let position = inFlight.settled; !signal.aborted; ) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      for (const [offset, challengeId] of this.read(at, bytes, position)) {
        await inFlight.start(offset, () => this.delivery.deliver(challengeId, signal))
      }
      inFlight.reached(nextOffset)
      position = nextOffset
      await this.commit(at, inFlight)
    }
  }

  private async commit(at: TopicPartition, inFlight: InFlight): Promise<void> {
    const offset = inFlight.settled
    if (offset === inFlight.committed) return
    await this.options.group.commit(at, { offset, metadata: '' })
    inFlight.committed = offset
  }

  private read(at: TopicPartition, bytes: Uint8Array, from: number): (readonly [offset: number, id: string])[] {
    const { schemaId, onSurvived } = this.options
    const found: [number, string][] = []
    visitBatches(bytes, at, from, Number.POSITIVE_INFINITY, (record, view) => {
      const { valueAt, valueLength, offset } = record
      const end = valueAt + valueLength
      const isOurs =
        valueLength >= FRAME_BYTES &&
        readFrame(view, valueAt, end) === schemaId &&
        this.reader.wrap(record.bytes, view, valueAt + FRAME_BYTES, end) === 0
      if (isOurs) {
        found.push([offset, this.reader.challengeId])
        return
      }
      this.malformed++
      onSurvived(new StreamsError('OTP_MALFORMED', 'stop', 'no delivery of a code; it is passed by', { ...at, offset }))
    })
    return found
  }
}

const PARTITIONS: readonly TopicPartition[] = Array.from(
  { length: TOPICS.otpDeliveries.partitions },
  (_, partition) => ({ topic: TOPICS.otpDeliveries.name, partition }),
)
