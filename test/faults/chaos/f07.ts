import { strict as assert } from 'node:assert'
import { setTimeout as pause } from 'node:timers/promises'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { Random } from '../../../producers/simulator/random.ts'
import { ADD_PARTITIONS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT } from '../kafka-proxy.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

/** Both transaction protocols: the older one names partitions before it writes them. */
const PROTOCOLS = [
  { level: 2, steps: [TXN_OFFSET_COMMIT, END_TXN] },
  { level: 1, steps: [ADD_PARTITIONS_TO_TXN, TXN_OFFSET_COMMIT, END_TXN] },
] as const
const LATE_MS = 2_000
const SLICE = 3_000
const NTH_MAX = 20
/** Length, correlation, no tags, throttle time: behind them is the error code of an EndTxn answer. */
const END_TXN_ERROR_AT = 13

export const lateTransactionSteps: Row = {
  row: 'F7',
  title:
    'answers to AddPartitionsToTxn, TxnOffsetCommit and EndTxn are lost; the requests come to the broker 2 s after the next begin',
  expectation:
    'no transaction is torn: outputs and offset stand together or not at all; a late EndTxn is refused by the newer epoch',
  async run({ short, open, tell }, seed) {
    for (const { level, steps } of short ? PROTOCOLS.slice(0, 1) : PROTOCOLS) {
      const stand = await open({ features: { 'transaction.version': level } })
      const random = new Random(`F7 ${seed} ${level}`)
      const worker = stand.worker('one')
      await stand.owns(worker, PARTITIONS)
      for (let n = 0; n < (short ? 1 : 4); n++) {
        for (const step of steps) {
          await lose(stand, step, random.between(1, NTH_MAX))
          await stray(stand, step, random.between(1, NTH_MAX))
          tell(`transaction.version ${level}: request ${step} was lost and came late`)
        }
      }
      await stand.decided()
      await stand.leave(worker)
      await stand.audit()
    }
  },
}

/** The request is done, and its sender never hears of it. */
async function lose(stand: Stand, step: number, nth: number): Promise<void> {
  let times = 0
  stand.answers(({ apiKey }) => {
    if (apiKey !== step || ++times !== nth) return 'arrives'
    void stand.strike()
    return 'cut'
  })
  while (times < nth) await stand.feed.send(SLICE)
  stand.release()
}

/** The connection is lost before the request is there; it comes to the broker when the next transactions are under way. */
async function stray(stand: Stand, step: number, nth: number): Promise<void> {
  let times = 0
  let answer: number | null = null
  stand.requests(({ apiKey }) => {
    if (apiKey !== step || ++times !== nth) return 'arrives'
    void stand.strike()
    return 'stray'
  })
  while (times < nth) await stand.feed.send(SLICE)
  const begun = await stand.committed()
  await stand.feed.sendWhile(SLICE, async () => {
    await stand.until('the next session commits', async () => {
      return (await stand.committed()).every((offset, partition) => offset > (begun[partition] ?? 0))
    })
    await pause(LATE_MS)
    stand.answers((request, frame) => {
      if (request.stray) answer = step === END_TXN ? frame.readInt16BE(END_TXN_ERROR_AT) : 1
      return 'arrives'
    })
    stand.requests(() => 'arrives')
    for (const proxy of stand.proxies) proxy.release()
    await stand.until('the late request is answered', () => answer !== null)
  })
  stand.release()
  assert.notEqual(answer, 0, 'the late EndTxn was done')
}
