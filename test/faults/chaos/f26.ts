import { strict as assert } from 'node:assert'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { FRAME_BYTES } from '../../../schemas/avro/framing.ts'
import { AlertReader } from '../../../schemas/generated/alert.ts'
import { DeadLetterReader } from '../../../schemas/generated/dead-letter.ts'
import { DEAD_LETTER_REASON_SYMBOLS } from '../../../schemas/generated/enums.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { type Output, readOutputs } from '../stored-records.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const RECORDS = 6_000

export const conflictingIds: Row = {
  row: 'F26',
  title: 'ids come again with another payload, the worker killed among them',
  expectation:
    'the first stands; each later one is a dead letter ID_CONFLICT with one alert; no decision is made twice',
  async run({ open, tally, tell }) {
    const stand = await open()
    const worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    const sending = stand.feed.send(RECORDS, { scenario: 'id-conflict' })
    await stand.until('some are decided', async () => (await stand.decidedTotal()) > 0)
    worker.kill('SIGKILL')
    await sending
    await worker.ended
    await stand.strike()
    const next = stand.worker('one')
    await stand.decided()
    await stand.leave(next)
    await stand.audit()
    const { letters, alerts } = await conflicts(stand)
    tally.fired += letters.size
    tell(`${letters.size} conflicts`)
    assert.ok(letters.size > 0)
    assert.deepEqual(alerts, letters)
  },
}

/** `partition-offset` of the input of each dead letter ID_CONFLICT, and of each alert of that kind. */
async function conflicts({ session }: Stand) {
  const letters = new Set<string>()
  const alerts = new Set<string>()
  const [letter, alert] = [new DeadLetterReader(), new AlertReader()]
  const wrap = (reader: DeadLetterReader | AlertReader, { value }: Output) =>
    reader.wrap(value, new DataView(value.buffer, value.byteOffset, value.byteLength), FRAME_BYTES, value.length)
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const outputs = await readOutputs(session.log, partition)
    for (const output of outputs.get(TOPICS.paymentsDlq.name) ?? []) {
      wrap(letter, output)
      if (DEAD_LETTER_REASON_SYMBOLS[letter.reason] === 'ID_CONFLICT') letters.add(`${partition}-${output.inputOffset}`)
    }
    for (const output of outputs.get(TOPICS.fraudAlerts.name) ?? []) {
      wrap(alert, output)
      if (alert.kindSymbol === 'ID_CONFLICT') alerts.add(`${partition}-${output.inputOffset}`)
    }
  }
  return { letters, alerts }
}
