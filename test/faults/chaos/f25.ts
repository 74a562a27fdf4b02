import { strict as assert } from 'node:assert'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { FRAME_BYTES } from '../../../schemas/avro/framing.ts'
import { DecisionReader } from '../../../schemas/generated/decision.ts'
import { encodePaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { GOOD_PAYMENT } from '../../corpus/bad-inputs.ts'
import { framed } from '../../support/payments-driver.ts'
import { readOutputs } from '../stored-records.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const COPIES = 10_000
const PRODUCERS = 8
/** Two accounts: each one's partition remembers the id for itself (SPEC D1, D5). */
const SENDERS = ['storm-a', 'storm-b']
const ID = 'storm-id'

export const duplicateStorm: Row = {
  row: 'F25',
  title: 'one transaction id 10,000 times over 8 producers and 2 senders, the worker killed in the middle',
  expectation: 'one decision for each sender and its repeats counted as duplicates; its velocity is 1',
  async run({ open }) {
    const stand = await open()
    const worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    const { ids } = stand.session
    const producers = Array.from({ length: PRODUCERS }, () => stand.feed.producer({ batchBytes: 1_000 }))
    const sending = producers.map(async (producer, number) => {
      for (let copy = number; copy < COPIES; copy += PRODUCERS) {
        const senderAccountId = SENDERS[Math.floor(copy / PRODUCERS) % SENDERS.length] as string
        const value = framed(
          ids.payment,
          encodePaymentSubmitted({ ...GOOD_PAYMENT, transactionId: ID, senderAccountId }),
        )
        await producer.sendValue(senderAccountId, value)
      }
      await producer.close()
      stand.feed.resent += producer.counts.resentRecords
    })
    await stand.until('repeats are decided', async () => (await stand.decidedTotal()) > 0)
    worker.kill('SIGKILL')
    await Promise.all(sending)
    stand.feed.acknowledged += COPIES
    stand.feed.ids.add(ID)
    await worker.ended
    await stand.strike()
    const next = stand.worker('one')
    await stand.decided()
    await stand.leave(next)
    await stand.audit()
    const { decided, duplicates, velocities } = await count(stand)
    assert.deepEqual([decided, velocities], [SENDERS.length, [1, 1]])
    assert.equal(duplicates, (await stand.decidedTotal()) - SENDERS.length)
  },
}

async function count({ session }: Stand) {
  let [decided, duplicates] = [0, 0]
  const velocities: number[] = []
  const reader = new DecisionReader()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const outputs = await readOutputs(session.log, partition)
    duplicates += outputs.get(TOPICS.paymentsDuplicates.name)?.length ?? 0
    for (const { value } of outputs.get(TOPICS.paymentsDecided.name) ?? []) {
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
      reader.wrap(value, view, FRAME_BYTES, value.length)
      velocities.push(reader.velocityCount)
      decided++
    }
  }
  return { decided, duplicates, velocities }
}
