import { strict as assert } from 'node:assert'
import { Kafka as KafkaJs, logLevel } from 'kafkajs'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { FRAME_BYTES } from '../../../schemas/avro/framing.ts'
import { DeadLetterReader } from '../../../schemas/generated/dead-letter.ts'
import { DEAD_LETTER_REASON_SYMBOLS } from '../../../schemas/generated/enums.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { BAD_INPUTS, type BadInput, GOOD_PAYMENT, valueOfInput } from '../../corpus/bad-inputs.ts'
import { readOutputs } from '../stored-records.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

/** Ten minutes from now, and the end of the year 9999: later than the append time by more than SPEC allows. */
const FUTURE = () => [Date.now() + 600_000, 253_402_300_799_000]

/** Avro has no NaN in a long: what a double would bring is a record that does not decode. */
export const badValues: Row = {
  row: 'F29',
  title: 'every bad input of test/corpus, and payments from the future, among good ones',
  expectation:
    'each that is poison is a dead letter with its reason; a time in the future moves no window; the rest is decided',
  async run({ open, tally }) {
    const stand = await open()
    const worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    const poison = BAD_INPUTS.filter(
      ({ reason, before, fields }) => reason !== undefined && before === undefined && fields?.eventTime === undefined,
    )
    await stand.feed.sendWhile(500, async () => {
      await stand.until('payments are under way', async () => (await stand.waiting()) > 0)
      const future = FUTURE().map((eventTime, n) => ({ fields: { eventTime, transactionId: `future-${n}` } }))
      await sendInputs(stand, [...poison, ...future])
      await stand.strike()
    })
    tally.fired += poison.length
    await stand.decided()
    await stand.leave(worker)
    await stand.audit()
    const letters = await reasons(stand)
    for (const { why, reason } of poison) assert.ok((letters.get(reason as string) ?? 0) > 0, `${why}: ${reason}`)
    assert.ok((letters.get('FUTURE_EVENT') ?? 0) > 0, 'no payment was from the future')
  },
}

async function sendInputs(stand: Stand, inputs: readonly Pick<BadInput, 'key' | 'fields' | 'value'>[]): Promise<void> {
  const producer = stand.feed.producer()
  const keyless: (Uint8Array | null)[] = []
  for (const input of inputs) {
    const value = valueOfInput(input, stand.session.ids.payment)
    const { key = input.fields?.senderAccountId ?? GOOD_PAYMENT.senderAccountId } = input
    if (key === null) keyless.push(value)
    else await producer.sendValue(key, value)
  }
  await producer.close()
  await sendKeyless(stand, keyless)
  stand.feed.acknowledged += inputs.length
}

/** What our producer never sends. */
async function sendKeyless({ kafka }: Stand, values: readonly (Uint8Array | null)[]): Promise<void> {
  const producer = new KafkaJs({ brokers: [...kafka.bootstrap], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  const messages = values.map((value) => ({ value: value && Buffer.from(value) }))
  await producer.send({ topic: TOPICS.paymentsSubmitted.name, acks: -1, messages })
  await producer.disconnect()
}

/** How many dead letters there are, by reason. */
async function reasons({ session }: Stand): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const reader = new DeadLetterReader()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const { value } of (await readOutputs(session.log, partition)).get(TOPICS.paymentsDlq.name) ?? []) {
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
      reader.wrap(value, view, FRAME_BYTES, value.length)
      const reason = DEAD_LETTER_REASON_SYMBOLS[reader.reason] ?? ''
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
  }
  return counts
}
