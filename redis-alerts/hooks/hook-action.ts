import { FRAME_BYTES, readFrame } from '../../schemas/avro/framing.ts'
import { OK } from '../../schemas/avro/scan.ts'
import type { Action } from '../../schemas/generated/enums.ts'
import { FraudActionReader } from '../../schemas/generated/fraud-action.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Log, TopicPartition } from '../../streams/log/log.ts'
import type { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'
import { visitBatches } from '../../streams/record/visit-batches.ts'
import { actionJson } from '../entry-json.ts'
import { ACTION_LIFE_MS } from '../lives.ts'

const FETCH_BYTES = 64 * 1024
const FETCH_WAIT_MS = 1_000

/** Where an action stands on `fraud.actions`. */
export interface ActionPlace {
  readonly partition: number
  readonly offset: number
}

/** One action as hooks bring it to receivers. */
export interface HookAction extends ActionPlace {
  readonly actionId: string
  readonly action: Action
  readonly eventTimeMs: number
  /** The action's fields, the same text in every try. */
  readonly json: string
}

/** A record that is no action: its place alone. The alerter dead-letters it. */
export interface NoAction extends ActionPlace {
  readonly action: null
}

/** Reads records of `fraud.actions`; one instance serves batch after batch. */
export class ActionDecoder {
  private readonly schemaId: number
  private readonly reader = new FraudActionReader()

  constructor(schemaId: number) {
    this.schemaId = schemaId
  }

  /** The records of fetched batches with offsets in [`from`, `to`). @throws StreamsError CORRUPT_BATCH */
  read(bytes: Uint8Array, at: TopicPartition, from: number, to: number): (HookAction | NoAction)[] {
    const actions: (HookAction | NoAction)[] = []
    visitBatches(bytes, at, from, to, (record, view) => {
      const place = { partition: at.partition, offset: record.offset }
      actions.push(this.actionOf(record, view, place) ?? { ...place, action: null })
    })
    return actions
  }

  private actionOf(record: RecordBatchReader, view: DataView, place: ActionPlace): HookAction | null {
    const { bytes, valueAt, valueLength } = record
    const end = valueAt + valueLength
    if (valueLength < FRAME_BYTES || readFrame(view, valueAt, end) !== this.schemaId) return null
    if (this.reader.wrap(bytes, view, valueAt + FRAME_BYTES, end) !== OK) return null
    try {
      const action = this.reader.toObject()
      const { actionId, eventTime: eventTimeMs, until } = action
      const json = actionJson(action, Math.max(until ?? 0, eventTimeMs + ACTION_LIFE_MS))
      return { ...place, actionId, action: action.action, eventTimeMs, json }
    } catch (error) {
      // A long that a number cannot hold: no writer of ours makes one.
      if (error instanceof RangeError) return null
      throw error
    }
  }
}

/** The action that stands at `place`, or null where retention has taken it. */
export async function actionAt(log: Log, decoder: ActionDecoder, place: ActionPlace): Promise<HookAction | null> {
  const at = { topic: TOPICS.fraudActions.name, partition: place.partition }
  const { startOffset, endOffset } = await log.bounds(at)
  if (place.offset < startOffset || place.offset >= endOffset) return null
  const reader = log.openReader(at, place.offset)
  try {
    for (;;) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      // A slow log gives nothing yet, which does not mean that nothing is there.
      if (nextOffset <= place.offset) continue
      const [found] = decoder.read(bytes, at, place.offset, place.offset + 1)
      return found === undefined || found.action === null ? null : found
    }
  } finally {
    reader.close()
  }
}
