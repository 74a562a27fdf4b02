import { randomBytes, randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { CodeDelivery } from '../../otp/code-delivery.ts'
import { CodeKeys } from '../../otp/code-keys.ts'
import type { DeliveryError } from '../../otp/delivery.ts'
import { InFlight } from '../../otp/in-flight.ts'
import { twilioSender } from '../../otp/twilio-sender.ts'
import { StreamsError } from '../../streams/errors.ts'
import { type NextAnswer, startGateway } from './code-server.ts'
import { newEmbeddedStore } from './embedded-folder.ts'
import { TEST_LIMITS } from './store-conformance.ts'

// Goal: a code is sent once where that can be, tried again where that helps, and given up in bounds; its sealed form goes with that.

const PAYMENT = {
  decisionId: '3-17',
  senderAccountId: 'acc-1',
  receiverAccountId: 'shop',
  amountMinor: 600_000,
  currency: 'JPY',
}
const random = { below: (bound: number) => randomInt(bound), bytes: (length: number) => randomBytes(length) }
const keys = new CodeKeys(new Uint8Array(32).fill(1), random)
const forever = new AbortController().signal

/** Calls of store and contacts that fail, by their number among those of their kind. */
type Away = Readonly<Partial<Record<'sealedCode' | 'delivered' | 'contacts', readonly number[]>>>

/** The port's function, but for the calls that find it away. */
function failing<A extends unknown[], T>(ask: (...args: A) => Promise<T>, calls: readonly number[] = []) {
  let call = 0
  return async (...args: A): Promise<T> => {
    if (calls.includes(++call)) throw new StreamsError('OTP_STORE_UNREACHABLE', 'retry', 'away')
    return ask(...args)
  }
}

/** A challenge whose code waits, and a delivery of it to a gateway that answers as told; pauses are over at once. */
async function waitingCode(answers: readonly NextAnswer[], account = 'acc-1', away: Away = {}) {
  const store = newEmbeddedStore(TEST_LIMITS)
  const gateway = await startGateway(...answers)
  const code = keys.newCode()
  const kept = { mac: keys.macOf(PAYMENT, code), sealed: keys.seal(PAYMENT, code) }
  const at = { challengeId: '3-17', accountId: account, client: 'c', binding: keys.bindingOf(PAYMENT) }
  await store.issue({ ...at, ...kept, again: false })
  const pauses: number[] = []
  const givenUp: DeliveryError[] = []
  const deliveryOf = (name: string, sleep: (ms: number) => Promise<void> = async (ms) => void pauses.push(ms)) =>
    new CodeDelivery({
      name,
      store: {
        sealedCode: failing((...args) => store.sealedCode(...args), away.sealedCode),
        delivered: failing((...args) => store.delivered(...args), away.delivered),
      },
      keys,
      contacts: {
        of: failing(async (id) => (id === 'acc-1' ? { phone: '+4915112345678' } : null), away.contacts),
      },
      sender: twilioSender({ url: gateway.url, accountSid: 'AC1', authToken: 'token-1', from: '+15005550006' }),
      clock: { nowMs: () => Date.now(), sleep },
      onGivenUp: (_id, error) => givenUp.push(error),
    })
  const tryCode = () => store.tryCode({ ...at, mac: kept.mac })
  const replace = () => {
    const anew = keys.newCode()
    return store.issue({ ...at, mac: keys.macOf(PAYMENT, anew), sealed: keys.seal(PAYMENT, anew), again: true })
  }
  return { store, gateway, code, pauses, givenUp, deliveryOf, tryCode, replace }
}

// biome-ignore format: a table
const ANSWERS: readonly { why: string; answers: NextAnswer[]; tries: number; pauses: number[]; ends: string }[] = [
  { why: 'taken at once',                     answers: [201],           tries: 1, pauses: [],                    ends: 'sent' },
  { why: 'away for a moment',                 answers: [503, 429, 201], tries: 3, pauses: [1_000, 2_000],        ends: 'sent' },
  { why: 'away for too long',                 answers: [500],           tries: 4, pauses: [1_000, 2_000, 4_000], ends: 'HTTP_500' },
  { why: 'another try would end the same',    answers: [400],           tries: 1, pauses: [],                    ends: 'HTTP_400' },
]
test.each(ANSWERS)('SPEC C4: a delivery, $why', async ({ answers, tries, pauses, ends }) => {
  const waiting = await waitingCode(answers)
  const delivery = waiting.deliveryOf('s1')
  expect(await delivery.deliver('3-17', forever)).toBe(true)
  expect(waiting.gateway.got).toHaveLength(tries)
  expect(waiting.pauses).toEqual(pauses)
  // Neither sent nor given up does it wait any more, and what comes twice sends nothing.
  expect(await waiting.store.sealedCode('3-17', 's1')).toBeNull()
  expect(await delivery.deliver('3-17', forever)).toBe(true)
  expect(waiting.gateway.got).toHaveLength(tries)
  for (const { body } of waiting.gateway.got) {
    expect(new URLSearchParams(body).get('Body')).toContain(`${waiting.code} is your code to pay 600000 JPY to shop.`)
  }
  const isSent = ends === 'sent'
  expect(waiting.givenUp.map(({ code }) => code)).toEqual(isSent ? [] : [ends])
  expect(await waiting.tryCode()).toMatchObject({ kind: isSent ? 'right' : 'void' })
  const { sent, retried, givenUp } = delivery.counters
  expect({ sent, retried, givenUp: [...givenUp] }).toEqual({
    sent: isSent ? 1 : 0,
    retried: pauses.length,
    givenUp: isSent ? [] : [[ends, 1]],
  })
})

// biome-ignore format: a table
const AWAY: readonly { why: string; away: Away; answers: NextAnswer[]; tries: number; pauses: number[]; ends: string[] }[] = [
  { why: 'the store before, twice',       away: { sealedCode: [1, 2] },          answers: [503], tries: 4, pauses: [1, 2, 1, 2, 4],          ends: ['HTTP_503'] },
  { why: 'the store before, three times', away: { sealedCode: [1, 2, 3] },       answers: [503], tries: 4, pauses: [1, 2, 4, 1, 2, 4],       ends: ['HTTP_503'] },
  { why: 'the store before, five times',  away: { sealedCode: [1, 2, 3, 4, 5] }, answers: [503], tries: 4, pauses: [1, 2, 4, 4, 4, 1, 2, 4], ends: ['HTTP_503'] },
  { why: 'the contacts between tries',    away: { contacts: [2, 3, 5] },         answers: [503], tries: 4, pauses: [1, 1, 2, 2, 1, 4],       ends: ['HTTP_503'] },
  { why: 'the store, told of a sent one', away: { delivered: [1, 2] },           answers: [201], tries: 1, pauses: [1, 2],                   ends: [] },
  { why: 'the store, told of a void one', away: { delivered: [1] },              answers: [503], tries: 4, pauses: [1, 2, 4, 1],             ends: ['HTTP_503'] },
]
test.each(AWAY)('SPEC C4: what is away is no try of a code: $why', async ({ away, answers, tries, pauses, ends }) => {
  const waiting = await waitingCode(answers, 'acc-1', away)
  expect(await waiting.deliveryOf('s1').deliver('3-17', forever)).toBe(true)
  expect(waiting.gateway.got).toHaveLength(tries)
  expect(waiting.pauses).toEqual(pauses.map((seconds) => seconds * 1_000))
  expect(waiting.givenUp.map(({ code }) => code)).toEqual(ends)
  expect(await waiting.tryCode()).toMatchObject({ kind: ends.length === 0 ? 'right' : 'void' })
})

test('SPEC C4: a code that takes the place of one that was tried has tries of its own', async () => {
  const waiting = await waitingCode([503])
  let pauses = 0
  const replaced = waiting.deliveryOf('s1', async () => {
    if (++pauses === 2) await waiting.replace()
  })
  expect(await replaced.deliver('3-17', forever)).toBe(true)
  expect(waiting.gateway.got).toHaveLength(2 + 4)
})

test('SPEC C4: an account without a contact has no code, and the gateway is not asked', async () => {
  const waiting = await waitingCode([201], 'acc-2')
  await waiting.deliveryOf('s1').deliver('3-17', forever)
  expect(waiting.givenUp.map(({ code }) => code)).toEqual(['NO_CONTACT'])
  expect(waiting.gateway.got).toHaveLength(0)
})

test('SPEC C4: of two senders one sends; the other waits for what it makes of it', async () => {
  const waiting = await waitingCode([201])
  expect(await waiting.store.sealedCode('3-17', 's1')).toMatchObject({ accountId: 'acc-1' })
  const pauses: number[] = []
  const first = waiting.deliveryOf('s1')
  const second = waiting.deliveryOf('s2', async (ms) => {
    pauses.push(ms)
    await first.deliver('3-17', forever)
  })
  expect(await second.deliver('3-17', forever)).toBe(true)
  expect(pauses).toEqual([5_000])
  expect(waiting.gateway.got).toHaveLength(1)
  expect(first.counters.sent + second.counters.sent).toBe(1)
})

test('SPEC C4: a sender that is asked to end leaves the code to the next one', async () => {
  const waiting = await waitingCode([503, 201])
  const over = new AbortController()
  const cut = waiting.deliveryOf('s1', async () => over.abort())
  expect(await cut.deliver('3-17', over.signal)).toBe(false)
  expect(await waiting.deliveryOf('s1').deliver('3-17', forever)).toBe(true)
  expect(waiting.gateway.got).toHaveLength(2)
})

test('in flight: what is over is settled in order, what was cut short stays, and no more than the bound run', async () => {
  const inFlight = new InFlight(10, 2)
  const works = [10, 11, 12].map(() => Promise.withResolvers<boolean>())
  await inFlight.start(10, () => works[0]!.promise)
  await inFlight.start(11, () => works[1]!.promise)
  const third = inFlight.start(12, () => works[2]!.promise)
  works[1]!.resolve(true)
  await third
  expect(inFlight.settled).toBe(10)
  works[0]!.resolve(true)
  works[2]!.resolve(false)
  await inFlight.drained()
  inFlight.reached(20)
  expect(inFlight.settled).toBe(12)
})

test('in flight: what a delivery throws comes out with the next one', async () => {
  const inFlight = new InFlight(0, 2)
  await inFlight.start(0, () => Promise.reject(new StreamsError('OTP_STORE_REFUSED', 'stop', 'refused')))
  await inFlight.drained()
  expect(() => inFlight.reached(1)).toThrow('refused')
  expect(inFlight.settled).toBe(0)
})
