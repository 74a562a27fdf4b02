import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiGround, type ApiInstance, CALL, confirm } from './api-ground.ts'

// Goal: a key stands for one payment and one answer, whichever instance is asked, and however often.
let ground: ApiGround
let one: ApiInstance
let two: ApiInstance
let token: string

beforeAll(async () => {
  ground = await ApiGround.open()
  await ground.decide()
  one = await ground.serve('one', { env: { SLUICE_API_RATE: '10000' } })
  two = await ground.serve('two', { env: { SLUICE_API_RATE: '10000' } })
  token = await ground.token('usr-1', ACCOUNTS)
}, 60_000)
afterAll(() => ground.close())

/** Names and accounts of one test's own: an account that pays often is flagged. */
const own = (name: string) => ({
  ...CALL,
  transaction_id: `tx-${name}`,
  idempotency_key: `key-${name}`,
  from_account: `acc-${name}`,
})
const NAMES = [
  'again',
  'other',
  'else',
  'header',
  'caller',
  'refused',
  'paid',
  'many',
  'many-2',
  'rebuilt',
  'rotated',
  'rotated-2',
]
const ACCOUNTS = NAMES.map((name) => `acc-${name}`)

test('SPEC C3: a finished key gets the first answer byte for byte, from every instance', async () => {
  const first = await confirm(one, token, own('again'))
  expect(first.status).toBe(200)
  expect(first.headers.get('idempotent-replayed')).toBeNull()
  expect(first.json).toEqual({
    status: 'SUCCESS',
    transaction_id: 'tx-again',
    reference: expect.stringMatching(/^[0-9A-Z]{6,}$/),
    settlement_method: 'ACH',
  })
  for (const instance of [one, two]) {
    await agrees(instance, 'tx-again')
    const again = await confirm(instance, token, own('again'))
    expect([again.status, again.text, again.headers.get('idempotent-replayed')]).toEqual([200, first.text, 'true'])
    const expires = again.headers.get('idempotency-key-expires') ?? ''
    expect(Math.abs(Date.parse(expires) - Date.now() - 86_400_000)).toBeLessThan(60_000)
  }
})

test('SPEC C3: the same key with other content is refused, in every field, by every instance', async () => {
  await confirm(one, token, own('other'))
  await agrees(two, 'tx-other')
  const changes = [
    { amount: 52.01 },
    { from_account: 'acc-else' },
    { to_account: 'payee-2' },
    { transaction_id: 'tx-else' },
    { currency: 'EUR' },
    { kind: 'card' },
    { memo: 'for lunch' },
  ]
  for (const change of changes) {
    for (const instance of [one, two]) {
      const answer = await confirm(instance, token, { ...own('other'), ...change })
      expect([JSON.stringify(change), answer.status, answer.json['code']]).toEqual([
        JSON.stringify(change),
        422,
        'KEY_REUSED',
      ])
    }
  }
})

test('SPEC C3, M3: after a rotation of the mask key a call is still the same, by instances with the keys in either order', async () => {
  const rotated = await ground.serve('rotated', { rotated: true })
  const personal = {
    kind: 'card',
    pan: '4111111111111111',
    cardholder_name: 'Ann Oak',
    email: 'ann@x.org',
    ip: '203.0.113.9',
  }
  for (const [name, first, then] of [
    ['rotated', one, rotated],
    ['rotated-2', rotated, one],
  ] as const) {
    const call = { ...own(name), ...personal }
    const answer = await confirm(first, token, call)
    expect(answer.status).toBe(200)
    const again = await confirm(then, token, call)
    expect([again.status, again.text, again.headers.get('idempotent-replayed')]).toEqual([200, answer.text, 'true'])
    // Another card, name or address of the same masked form.
    for (const change of [{ pan: '4211111110111111' }, { cardholder_name: 'Amy Oat' }, { email: 'abe@x.org' }]) {
      for (const instance of [one, rotated]) {
        const other = await confirm(instance, token, { ...call, ...change })
        expect([other.status, other.json['code']]).toEqual([422, 'KEY_REUSED'])
      }
    }
  }
})

test('SPEC C3: a key stands in the header or in the body, and both must agree', async () => {
  const { idempotency_key: _, ...body } = own('header')
  const first = await confirm(one, token, body, { 'idempotency-key': '"key-header"' })
  expect(first.status).toBe(200)
  const bare = await confirm(one, token, body, { 'idempotency-key': 'key-header' })
  expect([bare.text, bare.headers.get('idempotent-replayed')]).toEqual([first.text, 'true'])
  const both = await confirm(one, token, own('header'), { 'idempotency-key': '"key-header"' })
  expect(both.text).toBe(first.text)
  const differs = await confirm(one, token, own('header'), { 'idempotency-key': '"another"' })
  expect([differs.status, differs.json['code']]).toEqual([400, 'BAD_ID'])
  const none = await confirm(one, token, body)
  expect([none.status, none.json['error']]).toEqual([400, 'Missing field: idempotency_key'])
})

test('SPEC C3: a key is its caller’s own', async () => {
  const first = await confirm(one, token, own('caller'))
  const other = await ground.token('usr-2', ['acc-9'])
  const theirs = await confirm(one, other, { ...own('caller'), from_account: 'acc-9', transaction_id: 'tx-theirs' })
  expect([theirs.status, theirs.headers.get('idempotent-replayed')]).toEqual([200, null])
  expect(theirs.json['reference']).not.toBe(first.json['reference'])
})

test('SPEC C3: what was refused is not stored: the same key is free for a right call', async () => {
  const wrong = await confirm(one, token, { ...own('refused'), amount: '1e3' })
  expect(wrong.status).toBe(400)
  const right = await confirm(one, token, own('refused'))
  expect([right.status, right.headers.get('idempotent-replayed')]).toEqual([200, null])
})

test('SPEC C3: another key for the same payment gets its decision, from every instance; for another payment of that id it is refused', async () => {
  const first = await confirm(one, token, own('paid'))
  const second = { ...own('paid'), idempotency_key: 'key-paid-2' }
  const repeat = await confirm(two, token, second)
  expect([repeat.status, repeat.text]).toEqual([200, first.text])
  const later = await confirm(two, token, second)
  expect([later.text, later.headers.get('idempotent-replayed')]).toEqual([first.text, 'true'])
  const conflict = await confirm(two, token, { ...own('paid'), idempotency_key: 'key-paid-3', amount: 1 })
  expect([conflict.status, conflict.json['code']]).toEqual([422, 'ID_CONFLICT'])
})

test('SPEC C3: many at once with one key, over two instances, half of them with another account: one payment', async () => {
  const calls = Number(process.env['SLUICE_TEST_CONFIRMS'] ?? 100)
  const bodies = Array.from({ length: calls }, (_, i) => ({
    ...own('many'),
    from_account: i % 2 === 0 ? 'acc-many' : 'acc-many-2',
  }))
  const answers = await Promise.all(bodies.map((body, i) => confirm(i % 4 < 2 ? one : two, token, body)))
  const firsts = answers.filter(({ status, headers }) => status === 200 && headers.get('idempotent-replayed') === null)
  expect(firsts).toHaveLength(1)
  const rest = answers.filter((answer) => answer !== firsts[0])
  const kinds = new Set(rest.map(({ status, headers }) => `${status} ${headers.get('idempotent-replayed')}`))
  expect([...kinds].filter((kind) => !['200 true', '409 null', '422 null'].includes(kind))).toEqual([])
  expect(await decisionsOf('tx-many')).toBe(1)
}, 60_000)

test('SPEC C3: an instance that has lost its view, or starts with none, answers from the log', async () => {
  const first = await confirm(one, token, own('rebuilt'))
  const three = await ground.serve('three')
  const again = await confirm(three, token, own('rebuilt'))
  expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true'])
})

/** Waits until an instance has read that payment's decision. */
async function agrees({ url }: ApiInstance, transactionId: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/payments/${transactionId}`, { headers: { authorization: `Bearer ${token}` } })
    if (response.status === 200 && ((await response.json()) as { final: boolean }).final) return
  }
}

/** Decisions in the log on that id. */
async function decisionsOf(transactionId: string): Promise<number> {
  const { findDecisions } = await import('../../bin/runtime/decision-search.ts')
  return (await findDecisions(ground.session, transactionId)).length
}
