import { setTimeout as pause } from 'node:timers/promises'
import type { ClusterSession } from '../../../bin/runtime/cluster-session.ts'
import { edgeMask } from '../../../bin/runtime/payment-source.ts'
import { INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import { machineClock } from '../../../producers/clock.ts'
import {
  PaymentProducer,
  type PaymentProducerOptions,
  type ProducerCounts,
} from '../../../producers/payment-producer.ts'
import type { LabelledRecord } from '../../../producers/simulator/labelled-record.ts'
import { SimulationRun } from '../../../producers/simulator/run.ts'
import { scenarioNamed } from '../../../producers/simulator/scenarios.ts'
import { simulate } from '../../../producers/simulator/simulate.ts'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'

/** Long ago, so that no event time is in the future. */
const START_MS = 1_700_000_000_000
/** By the payments' own clocks. */
const RATE = 200
const SLICE_MS = 500

export interface SendOptions {
  readonly scenario?: string
  readonly producer?: Partial<PaymentProducerOptions>
}

/** What one `send` did, once everything was acknowledged. */
export interface Sent {
  readonly records: number
  readonly counts: Readonly<ProducerCounts>
}

/** Sends payments past the proxies; each call another part of the same world, which the seed gives. */
export class Feed {
  /** Acknowledged records so far: as many must have a disposition. Records that were sent again may stand there twice. */
  acknowledged = 0
  resent = 0
  /** Transaction ids of acknowledged payments. */
  readonly ids = new Set<string>()
  private readonly seed: number
  private parts = 0
  private readonly sending = new Set<PaymentProducer>()
  private readonly session: ClusterSession

  constructor(session: ClusterSession, seed: number) {
    this.session = session
    this.seed = seed
  }

  /** Resolves when the log has acknowledged `records` records. */
  async send(records: number, options: SendOptions = {}): Promise<Sent> {
    const producer = this.producer(options.producer)
    this.sending.add(producer)
    const ids: string[] = []
    const sent = await simulate(this.records(records, options.scenario), {
      producer,
      clock: machineClock,
      onTime: false,
      onSent: ({ payment }) => {
        if (payment !== null) ids.push(payment.transactionId)
      },
    })
    await producer.close()
    this.sending.delete(producer)
    for (const id of ids) this.ids.add(id)
    this.acknowledged += sent
    this.resent += producer.counts.resentRecords
    return { records: sent, counts: producer.counts }
  }

  /** Payments that nobody has sent. */
  payments(count: number): PaymentSubmitted[] {
    const records = [...this.records(count * 2)]
    return records.flatMap(({ payment }) => payment ?? []).slice(0, count)
  }

  private records(records: number, scenario = 'mixed'): Iterable<LabelledRecord> {
    const part = this.parts++
    const startMs = START_MS + part * 60_000
    const seed = `chaos ${this.seed} ${part}`
    const run = new SimulationRun({ seed, startMs, paymentSchemaId: this.session.ids.payment })
    const story = scenarioNamed(scenario)
    if (story === undefined) throw new RangeError(`no scenario ${scenario}`)
    return story.records(run, { ratePerSecond: RATE, records })
  }

  /** Records that producers hold now and no broker has acknowledged. */
  get unacknowledged(): number {
    const held = ({ counts }: PaymentProducer) => counts.acceptedRecords - counts.acknowledgedRecords
    return [...this.sending].reduce((sum, producer) => sum + held(producer), 0)
  }

  /** Records that were acknowledged so far, those of producers that go on included. */
  get acknowledgedNow(): number {
    return [...this.sending].reduce((sum, { counts }) => sum + counts.acknowledgedRecords, this.acknowledged)
  }

  /** Sends about so many records a second, in slices, for as long as `body` runs, and resolves with what it resolves with. */
  async sendWhile<T>(ratePerSecond: number, body: () => Promise<T>): Promise<T> {
    let over = false
    const sending = async () => {
      for (let dueMs = performance.now(); !over; dueMs += SLICE_MS) {
        await this.send(Math.ceil((ratePerSecond * SLICE_MS) / 1_000))
        await pause(Math.max(0, dueMs + SLICE_MS - performance.now()))
      }
    }
    const sent = sending().then(
      () => null,
      (error: unknown) => ({ error }),
    )
    try {
      return await body()
    } finally {
      over = true
      const failure = await sent
      if (failure !== null) await Promise.reject(failure.error)
    }
  }

  /** A producer of raw values; whoever uses it counts what was acknowledged. */
  producer(options: Partial<PaymentProducerOptions> = {}): PaymentProducer {
    const { session } = this
    return new PaymentProducer({
      log: session.log,
      name: null,
      topic: INPUT_TOPIC,
      partitions: PARTITIONS,
      paymentSchemaId: session.ids.payment,
      mask: edgeMask(session),
      clock: machineClock,
      batchBytes: 4_000,
      ...options,
    })
  }
}
