import fc from 'fast-check'
import type { OtpStore } from '../../otp/otp-store.ts'

/** One call of a store. */
export interface StoreStep {
  readonly name: string
  readonly ask: (store: OtpStore) => Promise<unknown>
}

const key = fc.record({
  challengeId: fc.constantFrom('3-1', '3-2', '3-3'),
  accountId: fc.constantFrom('acc-1', 'acc-2'),
  client: fc.constantFrom('c1', 'c2'),
  // Hardly ever another one, or no code would live.
  binding: fc.constantFrom(...Array<string>(9).fill('same'), 'other'),
})
const code = fc.constantFrom('code-1', 'code-2', 'code-3')

/** Any call: codes are tried more often than anything else. */
export const storeSteps: fc.Arbitrary<StoreStep> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(key, code, fc.boolean()).map(([at, mac, again]) => issueStep(at, mac, again)) },
  { weight: 6, arbitrary: fc.tuple(key, code).map(([at, mac]) => tryStep(at, mac)) },
  { weight: 1, arbitrary: fc.tuple(key, code, fc.boolean()).map(([at, mac, has]) => deliveredStep(at, mac, has)) },
  { weight: 1, arbitrary: key.map(({ challengeId: id }) => stepOf(`queued ${id}`, (store) => store.queued(id))) },
  {
    weight: 1,
    arbitrary: key.map(({ challengeId: id, client }) =>
      stepOf(`sealed ${id} ${client}`, (store) => store.sealedCode(id, client)),
    ),
  },
  { weight: 1, arbitrary: key.map(({ challengeId: id }) => stepOf(`told ${id}`, (store) => store.told(id, 7))) },
  { weight: 1, arbitrary: key.map(({ accountId: id }) => stepOf(`lock of ${id}`, (store) => store.lockedForMs(id))) },
  { weight: 1, arbitrary: key.map(({ accountId: id }) => stepOf(`unlock ${id}`, (store) => store.unlock(id))) },
  { weight: 1, arbitrary: fc.constant(stepOf('size', (store) => store.size())) },
  { weight: 1, arbitrary: fc.constant(stepOf('ended', (store) => store.takeEnded(10))) },
)

type Key = Parameters<OtpStore['tryCode']>[0]

function issueStep(at: Omit<Key, 'mac'>, mac: string, again: boolean): StoreStep {
  const request = { ...at, mac, sealed: `sealed ${mac}`, again }
  return stepOf(`issue ${JSON.stringify(request)}`, (store) => store.issue(request))
}

function tryStep(at: Omit<Key, 'mac'>, mac: string): StoreStep {
  return stepOf(`try ${JSON.stringify({ ...at, mac })}`, (store) => store.tryCode({ ...at, mac }))
}

function deliveredStep({ challengeId }: Pick<Key, 'challengeId'>, mac: string, hasReached: boolean): StoreStep {
  const name = `delivered ${challengeId} ${mac} ${hasReached}`
  return stepOf(name, async (store) => void (await store.delivered(challengeId, `sealed ${mac}`, hasReached)))
}

function stepOf(name: string, ask: StoreStep['ask']): StoreStep {
  return { name, ask }
}

/** An answer with every duration replaced by whether it is over zero: the two clocks differ. */
export function timeless(answer: unknown): unknown {
  if (typeof answer === 'number') return answer > 0
  const json = JSON.stringify(answer ?? null)
  return JSON.parse(json, (name, value) => (name.endsWith('Ms') ? value > 0 : value))
}
