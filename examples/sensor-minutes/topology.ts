import { DECIDED } from '../../streams/disposition.ts'
import type { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import { RecordDraft } from '../../streams/record-draft.ts'
import { type Topology, topology, type ValueReader } from '../../streams/topology.ts'
import { MINUTE_MS, MinuteStores, type MinuteTools } from './minute-stores.ts'
import { READING_SCHEMA_ID, ReadingReader } from './reading.ts'

// A topology of a stranger: how many readings each sensor sent in each minute of event time, and their sum. It is built on
// `streams` alone and shows every part of the vocabulary: source, record type, stages, stores, sinks, punctuations.

/** Why a reading is refused; the first is never used, so that 0 stands for none. */
const REFUSALS = ['none', 'not a reading', 'no sensor', 'too late'] as const

const NOT_A_READING = 1
const NO_SENSOR = 2
const TOO_LATE = 3

/** What the stages say about one reading. */
class ReadingDraft extends RecordDraft {
  minuteMs: number = Number.NaN
  count = 0
  sum: number = Number.NaN
}

/** Counts readings by sensor (the record key) and minute; one line of text a reading says how its minute stands. */
export function sensorMinutes(tools: MinuteTools): Topology<MinuteStores> {
  const refused = { topic: 'sensor.refused', write: writeRefusal }
  return topology<MinuteStores>('sensor-minutes', 1)
    .source('sensor.readings')
    .stores((partition) => new MinuteStores(partition, tools))
    .on({
      name: 'reading',
      schemaId: READING_SCHEMA_ID,
      reader: () => new ReadingReader(),
      draft: () => new ReadingDraft(),
      prepare: [admit],
      stages: [count],
      sinks: { decided: [{ topic: 'sensor.minutes', write: writeMinute }], 'dead-letter': [refused] },
    })
    .punctuate('stream-time', MINUTE_MS, (stores, streamTimeMs) => stores.closeMinutes(streamTimeMs))
    .punctuate('wall-clock', 1_000, (stores) => stores.sweep())
    .deadLetters(refused, POISON, 1_024)
    .build()
}

const POISON = {
  nullValue: NOT_A_READING,
  tooLarge: NOT_A_READING,
  badMagic: NOT_A_READING,
  unknownSchema: NOT_A_READING,
  decode: [0, NOT_A_READING, NOT_A_READING],
}

function admit(reading: ReadingReader, draft: ReadingDraft): void {
  if (draft.keyLength <= 0) draft.refuse(NO_SENSOR, 'key')
  draft.minuteMs = Math.floor(reading.eventTimeMs / MINUTE_MS) * MINUTE_MS
}

function count(reading: ReadingReader, draft: ReadingDraft, stores: MinuteStores): void {
  if (stores.isClosed(draft.minuteMs)) {
    draft.refuse(TOO_LATE, 'event time')
    return
  }
  const row = stores.add(draft.keyAt, draft.keyLength, draft.minuteMs, reading.value)
  draft.count = stores.count(row)
  draft.sum = stores.sum(row)
  stores.streamTime.advance(reading.eventTimeMs)
  draft.disposition = DECIDED
}

function writeMinute(_reading: ReadingReader, draft: ReadingDraft, stores: MinuteStores, out: RecordBatchWriter): void {
  writeText(draft, stores, out, `offset ${draft.offset}: ${draft.minuteMs} ${draft.count} ${draft.sum}`)
}

function writeRefusal(_value: ValueReader, draft: RecordDraft, stores: MinuteStores, out: RecordBatchWriter): void {
  writeText(draft, stores, out, `offset ${draft.offset}: ${REFUSALS[draft.reason]}`)
}

function writeText(draft: RecordDraft, stores: MinuteStores, out: RecordBatchWriter, text: string): void {
  const value = new TextEncoder().encode(text)
  out.begin(draft.appendTimeMs, stores.arena, draft.keyAt, draft.keyLength)
  out.reserve(value.length)
  out.bytes.set(value, out.at)
  out.at += value.length
  out.end()
}
