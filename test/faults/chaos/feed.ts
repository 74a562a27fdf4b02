import type { ClusterSession } from '../../../bin/runtime/cluster-session.ts'
import { edgeMask } from '../../../bin/runtime/payment-source.ts'
import { INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import { machineClock } from '../../../producers/clock.ts'
import {
  PaymentProducer,
  type PaymentProducerOptions,
  type ProducerCounts,
} from '../../../producers/payment-producer.ts'
import { SimulationRun } from '../../../producers/simulator/run.ts'
import { scenarioNamed } from '../../../producers/simulator/scenarios.ts'
import { simulate } from '../../../producers/simulator/simulate.ts'

/** Long ago, so that no event time is in the future. */
const START_MS = 1_700_000_000_000
const RATE = 200

export interface SendOptions {
  readonly scenario?: string
  /** Records a second; as fast as they are taken by default. */
  readonly ratePerSecond?: number
  readonly producer?: Partial<PaymentProducerOptions>
  readonly signal?: AbortSignal
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
  private readonly session: ClusterSession

  constructor(session: ClusterSession, seed: number) {
    this.session = session
    this.seed = seed
  }

  /** Resolves when the log has acknowledged `records` records. */
  async send(records: number, options: SendOptions = {}): Promise<Sent> {
    const { scenario = 'mixed', ratePerSecond, signal } = options
    const part = this.parts++
    const startMs = ratePerSecond === undefined ? START_MS + part * 60_000 : Date.now()
    const run = new SimulationRun({
      seed: `chaos ${this.seed} ${part}`,
      startMs,
      paymentSchemaId: this.session.ids.payment,
    })
    const story = scenarioNamed(scenario)
    if (story === undefined) throw new RangeError(`no scenario ${scenario}`)
    const producer = this.producer(options.producer)
    const ids: string[] = []
    const sent = await simulate(story.records(run, { ratePerSecond: ratePerSecond ?? RATE, records }), {
      producer,
      clock: machineClock,
      onTime: ratePerSecond !== undefined,
      onSent: ({ payment }) => {
        if (payment !== null) ids.push(payment.transactionId)
      },
      ...(signal && { signal }),
    })
    await producer.close()
    for (const id of ids) this.ids.add(id)
    this.acknowledged += sent
    this.resent += producer.counts.resentRecords
    return { records: sent, counts: producer.counts }
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
