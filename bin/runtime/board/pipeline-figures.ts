import type { PipelineView } from '../../../dashboards/board/views.ts'
import type { DecisionReader } from '../../../schemas/generated/decision.ts'
import { OUTCOME_SYMBOLS, type Outcome } from '../../../schemas/generated/enums.ts'
import type { RecordBatchReader } from '../../../streams/record/record-batch-reader.ts'
import { LatencyHistogram } from './latency-histogram.ts'

const SECOND_MS = 1_000
/** Seconds that are kept, and shown. */
const SECONDS = 300
const RESTARTS_MAX = 50
const PROCESSED_AT = new TextEncoder().encode('processed-at')

/** The way of a payment, in the order in which it goes. */
const STAGES = [
  { name: 'send', meaning: 'from the payment’s own time until the log had it' },
  { name: 'wait', meaning: 'until its task took it' },
  { name: 'decide and commit', meaning: 'until its decision could be read' },
  { name: 'end to end', meaning: 'from the payment’s own time until its decision could be read' },
] as const

interface Second {
  readonly atMs: number
  decided: number
  duplicates: number
  readonly outcomes: number[]
  readonly stages: readonly LatencyHistogram[]
}

/** What the last five minutes of decisions say of the pipeline, as a reader of the log sees it: so it holds on every log. */
export class PipelineFigures {
  private readonly seconds: Second[] = []
  private readonly highestEventMs = new Map<number, number>()
  private readonly producers = new Map<number, Pick<RecordBatchReader, 'producerId' | 'producerEpoch'>>()
  private readonly restarts: { readonly atMs: number; readonly partition: number }[] = []
  private readonly nowMs: () => number

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
  }

  /** One decision that was just read. */
  decided(decision: DecisionReader, record: RecordBatchReader): void {
    const nowMs = this.nowMs()
    const second = this.second(nowMs)
    second.decided++
    second.outcomes[decision.outcome]! += 1
    const { eventTime, appendTime, inputPartition } = decision
    this.noteProducer(inputPartition, record)
    // A sender that hands a payment in behind its others, or with a clock ahead of ours, says nothing of our delay.
    const isInOrder = eventTime >= (this.highestEventMs.get(inputPartition) ?? 0) && eventTime <= appendTime
    const processedAt = processedAtOf(record)
    if (!isInOrder || processedAt === null) return
    this.highestEventMs.set(inputPartition, eventTime)
    const spans = [appendTime - eventTime, processedAt - appendTime, nowMs - processedAt, nowMs - eventTime]
    spans.forEach((span, i) => {
      second.stages[i]?.add(Math.max(0, span))
    })
  }

  duplicated(): void {
    this.second(this.nowMs()).duplicates++
  }

  /** A task of this process has begun anew. */
  restarted(partition: number): void {
    this.restarts.push({ atMs: this.nowMs(), partition })
    if (this.restarts.length > RESTARTS_MAX) this.restarts.shift()
  }

  view(): Pick<PipelineView, 'seconds' | 'stages' | 'outcomes' | 'duplicates' | 'restarts' | 'since'> {
    const nowMs = this.nowMs()
    this.second(nowMs)
    const all = STAGES.map(() => new LatencyHistogram())
    const outcomes = OUTCOME_SYMBOLS.map(() => 0)
    let duplicates = 0
    for (const second of this.seconds) {
      duplicates += second.duplicates
      second.stages.forEach((stage, i) => {
        all[i]?.addAll(stage)
      })
      second.outcomes.forEach((count, i) => {
        outcomes[i]! += count
      })
    }
    return {
      // The running second is not over.
      seconds: this.seconds.slice(0, -1).map(({ atMs, decided, stages }) => {
        const { p50, p95, p99 } = stages[STAGES.length - 1]?.percentiles() ?? { p50: null, p95: null, p99: null }
        return { atMs, decided, p50, p95, p99 }
      }),
      stages: STAGES.map((stage, i) => ({ ...stage, ms: all[i]?.percentiles() ?? null })),
      outcomes: Object.fromEntries(OUTCOME_SYMBOLS.map((symbol, i) => [symbol, outcomes[i] ?? 0])) as Record<
        Outcome,
        number
      >,
      duplicates,
      restarts: this.restarts,
      since: this.seconds[0]?.atMs ?? nowMs,
    }
  }

  /**
   * On a cluster every transaction writes under the epoch after the one before it, and a new session takes one more for itself. The
   * embedded log writes no producer down: there the tasks themselves tell.
   */
  private noteProducer(partition: number, { producerId, producerEpoch }: RecordBatchReader): void {
    if (producerId < 0) return
    const before = this.producers.get(partition)
    this.producers.set(partition, { producerId, producerEpoch })
    if (before === undefined) return
    const epochs = producerEpoch - before.producerEpoch
    if (producerId !== before.producerId || epochs < 0 || epochs > 1) this.restarted(partition)
  }

  /** The second of a time that never goes back; those in between are there, and empty. */
  private second(nowMs: number): Second {
    const atMs = Math.floor(nowMs / SECOND_MS) * SECOND_MS
    const last = this.seconds.at(-1)
    if (last !== undefined && last.atMs >= atMs) return last
    const from = last === undefined ? atMs : Math.max(last.atMs + SECOND_MS, atMs - SECONDS * SECOND_MS)
    for (let at = from; at <= atMs; at += SECOND_MS) {
      const stages = STAGES.map(() => new LatencyHistogram())
      this.seconds.push({ atMs: at, decided: 0, duplicates: 0, outcomes: OUTCOME_SYMBOLS.map(() => 0), stages })
    }
    if (this.seconds.length > SECONDS + 1) this.seconds.splice(0, this.seconds.length - SECONDS - 1)
    return this.seconds.at(-1)!
  }
}

/** When the task handled the record, by its header; null without one. */
export function processedAtOf(record: RecordBatchReader): number | null {
  while (record.nextHeader()) {
    const { bytes, headerKeyAt, headerKeyLength, headerValueAt, headerValueLength } = record
    if (headerKeyLength !== PROCESSED_AT.length || headerValueLength < 1) continue
    if (!PROCESSED_AT.every((byte, i) => bytes[headerKeyAt + i] === byte)) continue
    let ms = 0
    for (let i = 0; i < headerValueLength; i++) ms = ms * 10 + bytes[headerValueAt + i]! - 48
    return ms
  }
  return null
}
