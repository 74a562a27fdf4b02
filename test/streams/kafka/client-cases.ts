import type { CasePlay, Outcome } from './case-play.ts'

/** What every client of Kafka's transactions is asked for, by the name of the case. */
export const CASES = {
  'a zombie writes nothing': async (on) => {
    const zombie = await on.open()
    await zombie.begin()
    await zombie.send(['zombie'])
    const owner = await on.open()
    await on.transact(owner, ['owner'], 1)
    if (!(await isRefused(() => zombie.send(['zombie'])))) return 'the zombie sends'
    if (!(await isRefused(() => zombie.commit()))) return 'the zombie commits'
    await on.transact(owner, ['last'], 2)
    return on.read(['owner', 'last'])
  },
  'the same id after a crash': async (on) => {
    const crashed = await on.open()
    await on.transact(crashed, ['before'], 1)
    await crashed.begin()
    await crashed.send(['open'])
    await crashed.die()
    await on.transact(await on.open(), ['last'], 2)
    return on.read(['before', 'last'])
  },
  'outputs and offset sent at once': async (on) => {
    const transactions = await on.open()
    const texts = Array.from({ length: 10 }, (_, i) => `${i}`)
    for (const [i, text] of texts.entries()) {
      await transactions.begin()
      await Promise.all([transactions.send([text]), transactions.sendOffset(i + 1)])
      await transactions.commit()
      await on.ended()
    }
    return on.read(texts, texts.length)
  },
  'the abort marker in a later fetch': async (on) => {
    const transactions = await on.open()
    await transactions.begin()
    const aborted = Array.from({ length: 20 }, (_, i) => `aborted ${i} `.padEnd(1_000, '.'))
    for (let i = 0; i < 15; i++) await transactions.send(aborted)
    await transactions.abort()
    await on.ended()
    await on.transact(transactions, ['last'], 1)
    return on.read(['last'], 1, SMALL_FETCH_BYTES)
  },
  'aborts between the records of others': async (on) => {
    const owners = [await on.open(0), await on.open(1), await on.open(2)]
    const kept: string[] = []
    for (let round = 0; round < 4; round++) {
      const isKept = (owner: number) => (owner + round) % 2 === 0
      for (const owner of owners) await owner.begin()
      for (let record = 0; record < 2; record++) {
        for (const [i, owner] of owners.entries()) {
          const text = `${isKept(i) ? 'kept' : 'aborted'} ${round} ${record} ${i}`
          if (isKept(i)) kept.push(text)
          await owner.send([text])
        }
      }
      // Who began last ends first: a broker tells of aborted transactions in the order of their ends.
      for (const [i, owner] of [...owners.entries()].reverse()) {
        await (isKept(i) ? owner.commit() : owner.abort())
        await on.ended()
      }
    }
    return on.read(kept)
  },
  'back to back, and offsets alone': async (on) => {
    const transactions = await on.open()
    const texts: string[] = []
    for (let i = 0; i < 20; i++) {
      const own = i % 3 === 2 ? [] : [`${i}`]
      await transactions.begin()
      if (own.length > 0) await transactions.send(own)
      await transactions.sendOffset(i + 1)
      await transactions.commit()
      texts.push(...own)
    }
    return on.read(texts, 20)
  },
  'empty transactions': async (on) => {
    const transactions = await on.open()
    await transactions.begin()
    await transactions.commit()
    await transactions.begin()
    await transactions.abort()
    await on.transact(transactions, ['last'], 1)
    return on.read(['last'], 1)
  },
  'a transaction that lasts too long': async (on) => {
    const slow = await on.open(0, SHORT_TRANSACTION_MS)
    await slow.begin()
    await slow.send(['slow'])
    await on.untilAborted()
    if (!(await isRefused(() => slow.commit()))) return 'is told that it committed'
    await on.transact(await on.open(), ['last'], 1)
    return on.read(['last'], 1)
  },
} as const satisfies Record<string, (on: CasePlay) => Promise<Outcome>>

export type CaseName = keyof typeof CASES

const SHORT_TRANSACTION_MS = 2_000
/** A sixth of what the case aborts. */
const SMALL_FETCH_BYTES = 50_000

function isRefused(step: () => Promise<void>): Promise<boolean> {
  return step().then(
    () => false,
    () => true,
  )
}
