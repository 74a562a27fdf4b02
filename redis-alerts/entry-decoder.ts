import { BAD_MAGIC, FRAME_BYTES, readFrame, SHORT_FRAME } from '../schemas/avro/framing.ts'
import { BAD_TYPE, type DecodeCode, OK, TRAILING, TRUNCATED } from '../schemas/avro/scan.ts'
import { AlertReader } from '../schemas/generated/alert.ts'
import type { DeadLetterReason } from '../schemas/generated/enums.ts'
import { FraudActionReader } from '../schemas/generated/fraud-action.ts'
import type { TopicPartition } from '../streams/log/log.ts'
import type { RecordBatchReader } from '../streams/record/record-batch-reader.ts'
import { visitBatches } from '../streams/record/visit-batches.ts'
import type { EntrySource, LiveEntry } from './alert-store.ts'
import { actionJson, alertJson } from './entry-json.ts'
import type { ErasedAccounts } from './erased-accounts.ts'
import { ACTION_LIFE_MS } from './lives.ts'

/** A record of `fraud.alerts` or `fraud.actions` that is none: what its dead letter says. */
export interface MalformedRecord extends TopicPartition {
  readonly offset: number
  readonly reason: DeadLetterReason
  /** The field and the rule that it broke; never a value. */
  readonly detail: string
  readonly appendTimeMs: number
  /** A copy, to be hashed; null where there is none. */
  readonly value: Uint8Array | null
}

/** One record as the stores take it; `malformed` when they are only told that it went by. */
export interface ReadEntry {
  readonly at: TopicPartition
  readonly entry: LiveEntry
  readonly malformed: MalformedRecord | null
}

export interface EntrySchemaIds {
  readonly alert: number
  readonly action: number
}

type Refusal = readonly [reason: DeadLetterReason, detail: string]

/** The ids that the chain lets through (SPEC R1): anything else never becomes part of a key. */
const ACCOUNT = /^[A-Za-z0-9._:-]{1,64}$/
const EPISODE = /^\d{1,5}-\d{1,16}$/
/** The chain lets event times be 60 s ahead; the rest is for the clocks of brokers. */
const AHEAD_MAX_MS = 3_600_000
const TIME_MAX_MS = 8.64e15

const DECODE_REASONS: Readonly<Record<Exclude<DecodeCode, typeof OK>, Refusal>> = {
  [TRUNCATED]: ['DECODE_TRUNCATED', 'the record ends before its last field'],
  [TRAILING]: ['DECODE_TRAILING', 'bytes are left over after the last field'],
  [BAD_TYPE]: ['DECODE_TYPE', 'a value is outside its type'],
}

/** Reads the records of one partition one after the other. */
export class EntryDecoder {
  private readonly at: TopicPartition
  private readonly source: string
  private readonly schemaIds: EntrySchemaIds
  private readonly erased: ErasedAccounts
  private readonly alert = new AlertReader()
  private readonly action = new FraudActionReader()
  private previousOffset: number

  /**
   * `previousOffset` is what the store holds of `source` before the first record; -1 where that is not known. Actions of `erased` that
   * came before their erasure only pass.
   */
  constructor(
    at: TopicPartition,
    source: string,
    schemaIds: EntrySchemaIds,
    previousOffset: number,
    erased: ErasedAccounts,
  ) {
    this.at = at
    this.source = source
    this.schemaIds = schemaIds
    this.previousOffset = previousOffset
    this.erased = erased
  }

  /** The records of fetched batches from offset `from` on. @throws StreamsError CORRUPT_BATCH */
  read(bytes: Uint8Array, from: number): ReadEntry[] {
    const entries: ReadEntry[] = []
    visitBatches(bytes, this.at, from, Number.POSITIVE_INFINITY, (record, view) => {
      const { source, previousOffset, at } = this
      const place = { source, offset: record.offset, previousOffset }
      const entry = this.entryOf(record, view, place)
      this.previousOffset = record.offset
      if ('kind' in entry) entries.push({ at, entry, malformed: null })
      else entries.push({ at, entry: { kind: 'passed', ...place }, malformed: this.malformed(record, entry) })
    })
    return entries
  }

  private entryOf(record: RecordBatchReader, view: DataView, place: EntrySource): LiveEntry | Refusal {
    const { bytes, valueAt, valueLength } = record
    if (valueLength < 0) return ['NULL_VALUE', 'there is no value']
    const end = valueAt + valueLength
    const schemaId = readFrame(view, valueAt, end)
    if (schemaId === SHORT_FRAME) return ['DECODE_TRUNCATED', 'the value ends inside the head of its frame']
    if (schemaId === BAD_MAGIC) return ['BAD_MAGIC', 'the value does not begin with a zero byte']
    const { alert, action } = this.schemaIds
    if (schemaId !== alert && schemaId !== action) {
      return ['UNKNOWN_SCHEMA', 'the schema id is of no alert and no action']
    }
    const reader = schemaId === alert ? this.alert : this.action
    const code = reader.wrap(bytes, view, valueAt + FRAME_BYTES, end)
    if (code !== OK) return DECODE_REASONS[code]
    try {
      return reader === this.alert ? this.alertOf(record, place) : this.actionOf(record, place)
    } catch (error) {
      // A long that a number cannot hold: no writer of ours makes one.
      if (error instanceof RangeError) return DECODE_REASONS[BAD_TYPE]
      throw error
    }
  }

  private alertOf({ timestampMs }: RecordBatchReader, place: EntrySource): LiveEntry | Refusal {
    const alert = this.alert.toObject()
    const { kind, senderAccountId, eventTime: eventTimeMs, fraudCount } = alert
    // A conflict and a refused control record flag nobody; their counts are 0 and would hide a true one.
    const account = kind === 'VELOCITY' ? senderAccountId : null
    if (kind === 'VELOCITY' && (account === null || !ACCOUNT.test(account))) return badAccount()
    if (!isTime(eventTimeMs, timestampMs)) return badTime('event_time')
    if (kind === 'ERASURE') {
      if (senderAccountId === null || !ACCOUNT.test(senderAccountId)) return badAccount()
      return { kind: 'erasure', ...place, account: senderAccountId }
    }
    return { kind: 'alert', ...place, account, eventTimeMs, fraudCount, json: alertJson(alert) }
  }

  private actionOf({ timestampMs }: RecordBatchReader, place: EntrySource): LiveEntry | Refusal {
    const action = this.action.toObject()
    const { senderAccountId: account, eventTime, until, episodeId, inputOffset } = action
    if (!ACCOUNT.test(account)) return badAccount()
    if (!EPISODE.test(episodeId)) return ['BAD_ID', 'episode_id is not <partition>-<offset>']
    if (!isTime(eventTime, timestampMs)) return badTime('event_time')
    if (until !== null && !(until >= 0 && until <= TIME_MAX_MS)) return badTime('until')
    if (inputOffset < (this.erased.get(account) ?? 0)) return { kind: 'passed', ...place }
    const endsMs = Math.max(until ?? 0, eventTime + ACTION_LIFE_MS)
    const json = actionJson(action, endsMs)
    return { kind: 'action', ...place, account, field: `${action.action}:${episodeId}`, endsMs, json }
  }

  private malformed(record: RecordBatchReader, [reason, detail]: Refusal): MalformedRecord {
    const { offset, timestampMs: appendTimeMs, bytes, valueAt, valueLength } = record
    const value = valueLength < 0 ? null : bytes.slice(valueAt, valueAt + valueLength)
    return { ...this.at, offset, reason, detail, appendTimeMs, value }
  }
}

function isTime(eventTimeMs: number, appendTimeMs: number): boolean {
  return eventTimeMs >= 0 && eventTimeMs <= appendTimeMs + AHEAD_MAX_MS
}

function badAccount(): Refusal {
  return ['BAD_PARTIES', 'sender_account_id is not 1 to 64 of [A-Za-z0-9._:-]']
}

function badTime(field: string): Refusal {
  return ['BAD_TIME', `${field} is no time that the chain lets through`]
}
