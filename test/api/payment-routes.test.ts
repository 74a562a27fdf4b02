import { afterAll, beforeAll, expect, test } from 'vitest'
import { partitionOfAccount, sendControl } from '../../bin/runtime/control/control-records.ts'
import { scanPartition } from '../../bin/runtime/partition-scan.ts'
import { type AuditEvent, AuditEventReader } from '../../schemas/generated/audit-event.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { ApiGround, type ApiInstance, CALL, confirm } from './api-ground.ts'

// Goal: what happens after the first answer is seen by its owner alone, as it comes, and everything is written down without a secret.
let ground: ApiGround
let api: ApiInstance
let token: string

beforeAll(async () => {
  ground = await ApiGround.open()
  await ground.decide()
  api = await ground.serve('one')
  token = await ground.token('usr-1', ['acc-1', 'acc-2', 'acc-3'])
}, 60_000)
afterAll(() => ground.close())

const get = (path: string, bearer = token) =>
  fetch(`${api.url}${path}`, { headers: { authorization: `Bearer ${bearer}` } })

/** A payment that three signals send to a reviewer: dear, to somebody new, from where nobody can have travelled, and so on. */
async function reviewed(name: string, account: string) {
  const at = { latitude: 40.7, longitude: -74 }
  const names = { transaction_id: `tx-${name}`, idempotency_key: `k-${name}`, from_account: account }
  const first = {
    ...CALL,
    ...names,
    transaction_id: `tx-${name}-0`,
    idempotency_key: `k-${name}-0`,
    ...at,
    device_id: 'd1',
  }
  expect((await confirm(api, token, first)).status).toBe(200)
  const far = { latitude: 35.7, longitude: 139.7, device_id: 'd2', merchant_category: '7995' }
  return { ...CALL, ...names, ...far, amount: 9_000, to_account: 'payee-new' }
}

test('SPEC C2, S8: a payment in review is 202; its owner follows it to the reviewer’s decision, and the same key then has the end', async () => {
  const body = await reviewed('review', 'acc-1')
  const waiting = await confirm(api, token, body)
  expect([waiting.status, waiting.json['status']]).toEqual([202, 'IN_REVIEW'])
  const shown = (await (await get('/payments/tx-review')).json()) as { decision_id: string }
  expect(shown).toMatchObject({ status: 'IN_REVIEW', final: false, amount_minor: 900_000, currency: 'USD' })
  const events = await get('/payments/tx-review/events')
  expect(events.headers.get('content-type')).toBe('text/event-stream')
  const change = {
    kind: 'REVIEW_APPROVED',
    actor: 'anna',
    reason: 'called the holder',
    accountId: 'acc-1',
    decisionId: shown.decision_id,
  } as const
  await sendControl(ground.session, 'board', change, [partitionOfAccount('acc-1')], Date.now())
  const seen = (await events.text()).match(/"status":"\w+"/g)
  expect(seen).toEqual(['"status":"IN_REVIEW"', '"status":"SUCCESS"'])
  const answer = await confirm(api, token, body)
  expect([answer.status, answer.json['status'], answer.headers.get('idempotent-replayed')]).toEqual([
    200,
    'SUCCESS',
    'true',
  ])
}, 60_000)

test('SPEC C1: a payment is its owner’s alone', async () => {
  const stranger = await ground.token('usr-2', ['acc-9'])
  for (const path of ['/payments/tx-review', '/payments/tx-review/events']) {
    const theirs = await get(path, stranger)
    expect([theirs.status, ((await theirs.json()) as { code: string }).code]).toEqual([404, 'NOT_FOUND'])
  }
  expect((await get('/payments/tx-none')).status).toBe(404)
  expect((await fetch(`${api.url}/payments/tx-review`)).status).toBe(401)
})

test('SPEC C3: a payment that the chain has refused is shown as refused, for the reason that its call was told, and followed to that end', async () => {
  const names = { transaction_id: 'tx-future', idempotency_key: 'k-future', from_account: 'acc-3' }
  const call = { ...CALL, ...names, event_time: new Date(Date.now() + 600_000).toISOString() }
  const refused = await confirm(api, token, call)
  expect([refused.status, refused.json['code']]).toEqual([422, 'FUTURE_EVENT'])
  const shown = await (await get('/payments/tx-future')).json()
  expect(shown).toMatchObject({ status: 'REFUSED', code: 'FUTURE_EVENT', transaction_id: 'tx-future', final: true })
  expect(shown).not.toHaveProperty('decision_id')
  expect(await (await get('/payments/tx-future/events')).text()).toBe(
    `event: payment\ndata: ${JSON.stringify(shown)}\n\n`,
  )
})

test('SPEC C1: OpenAPI 3.1 is served, with every answer of the route', async () => {
  const document = (await (await fetch(`${api.url}/docs/json`)).json()) as {
    openapi: string
    paths: Record<string, Record<string, { responses: object; requestBody: object }>>
  }
  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/payment/confirm', '/payments/{transactionId}', '/payments/{transactionId}/events']),
  )
  const route = document.paths['/payment/confirm']?.['post']
  expect(Object.keys(route?.responses ?? {})).toEqual([
    '200',
    '202',
    '400',
    '401',
    '403',
    '409',
    '413',
    '415',
    '422',
    '429',
    '503',
  ])
  expect(JSON.stringify(route?.requestBody)).toContain('"transaction_id"')
  expect((await fetch(`${api.url}/docs/`)).status).toBe(200)
})

test('SPEC C1: the rate counts new payments, not repeats', async () => {
  const limited = await ground.serve('limited', { env: { SLUICE_API_RATE: '2' } })
  const theirs = await ground.token('usr-rate', ['acc-2'])
  const call = (i: number) => ({
    ...CALL,
    from_account: 'acc-2',
    transaction_id: `tx-r${i}`,
    idempotency_key: `k-r${i}`,
  })
  const first = await confirm(limited, theirs, call(1))
  expect([first.status, first.headers.get('ratelimit')]).toEqual([200, '"confirm";r=1;t=60'])
  for (let i = 0; i < 5; i++) expect((await confirm(limited, theirs, call(1))).status).toBe(200)
  expect((await confirm(limited, theirs, call(2))).status).toBe(200)
  const over = await confirm(limited, theirs, call(3))
  expect([over.status, over.json['code']]).toEqual([429, 'RATE_LIMITED'])
  expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(50)
  expect(over.headers.get('ratelimit-policy')).toBe('"confirm";q=2;w=60')
})

test('SPEC C1: guesses at tokens are slowed down', async () => {
  const guessed = await ground.serve('guessed')
  const statuses: number[] = []
  for (let i = 0; i < 62; i++) statuses.push((await confirm(guessed, 'a.b.c', CALL)).status)
  expect(statuses.filter((status) => status === 401)).toHaveLength(60)
  expect(statuses.slice(-2)).toEqual([429, 429])
  // Who has a token is not held up by who has none.
  expect((await confirm(guessed, token, { ...CALL, amount: 'x' })).status).toBe(400)
})

test('SPEC C1, M6: every call is one audit event, with the trace that it came in and without a secret', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const secret = { pan: '4111111111111111', kind: 'card', memo: 'between us', from_account: 'acc-3' }
  const names = { transaction_id: 'tx-audit', idempotency_key: 'k-audit' }
  const answer = await confirm(api, token, { ...CALL, ...secret, ...names }, { traceparent })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('traceparent')).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
  const requestId = answer.headers.get('x-request-id')
  const refused = await confirm(api, token, { ...CALL, cvv: '123' })
  expect(refused.status).toBe(400)
  const id = refused.headers.get('x-request-id') ?? ''
  let events: AuditEvent[] = []
  while (!events.some(({ eventId }) => eventId === id)) {
    // A scan of what is there takes no turn of the loop, and the event needs one to be sent.
    await new Promise((resolve) => setTimeout(resolve, 10))
    events = await auditEvents()
  }
  const own = events.filter((event) => event.requestId === requestId)
  expect(own).toHaveLength(1)
  expect(own[0]).toMatchObject({
    eventId: requestId,
    actor: 'usr-1',
    role: 'payment.confirm',
    act: 'payment.confirm',
    subject: 'tx-audit',
    result: '200',
    reason: null,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    sourceToken: expect.stringMatching(/^v1:mask-1:[0-9a-f]{64}$/),
  })
  expect(events.find(({ eventId }) => eventId === id)).toMatchObject({ result: '400', reason: 'SAD_NOT_ALLOWED' })
  const text = JSON.stringify(events)
  // Whole values: a few digits stand in some time or token by chance.
  for (const hidden of ['4111111111111111', 'between us', '"123"', token, '127.0.0.1'])
    expect(text).not.toContain(hidden)
})

test('SPEC M1, M6: a card number in the place of an id or a trace stands in no audit event, whatever refuses it', async () => {
  const pan = '5555555555554444'
  const bearer = { authorization: `Bearer ${token}`, traceparent: `00-${pan.padStart(32, '0')}-b7ad6b7169203331-01` }
  const refused = await confirm(api, token, { ...CALL, transaction_id: pan, idempotency_key: 'k-pan' }, bearer)
  expect([refused.status, refused.json['code']]).toEqual([422, 'PAN_IN_ID'])
  const coded = { transaction_id: pan, idempotency_key: 'k-pan-code', otp_code: '123456' }
  const answers: { readonly status: number; readonly headers: Headers }[] = [
    refused,
    await confirm(api, token, coded, bearer),
    await fetch(`${api.url}/payments/${pan}`, { headers: bearer }),
    await fetch(`${api.url}/payments/${encodeURIComponent(pan.replace(/\d{4}/g, '$& '))}`, { headers: bearer }),
    // Cut after 64 characters it would end within the number.
    await fetch(`${api.url}/payments/${'x'.repeat(49)}-${pan}`, { headers: bearer }),
    await fetch(`${api.url}/payments/${pan}/events`, { headers: bearer }),
    await fetch(`${api.url}/payments/${pan}/otp`, { method: 'POST', headers: bearer }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([422, 400, 404, 404, 404, 404, 404])
  for (const { headers } of answers) expect(headers.get('traceparent')).not.toContain(pan)
  const ids = answers.map(({ headers }) => headers.get('x-request-id'))
  let events: AuditEvent[] = []
  while (events.length < ids.length) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    events = (await auditEvents()).filter(({ eventId }) => ids.includes(eventId))
  }
  expect(events.map(({ subject }) => subject)).toEqual(ids.map(() => null))
  expect(JSON.stringify(events)).not.toContain(pan.slice(0, 15))
})

test('SPEC C1, C2, M6: a call for which there is no room has headers, audit event and metrics as any other', async () => {
  const hold = Promise.withResolvers<void>()
  const decisions: { held: Promise<void> | null } = { held: null }
  const full = await ground.serve('full', { env: { SLUICE_API_IN_FLIGHT_MAX: '1' }, decisions })
  decisions.held = hold.promise
  const taken = confirm(full, token, { ...CALL, transaction_id: 'tx-room', idempotency_key: 'k-room' })
  while (full.api.inFlight < 1) await new Promise((resolve) => setTimeout(resolve, 5))
  const traceparent = '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const refused = await confirm(full, token, { ...CALL, idempotency_key: 'k-no-room' }, { traceparent })
  hold.resolve()
  expect((await taken).status).toBe(200)
  expect([refused.status, refused.json['code'], refused.headers.get('retry-after')]).toEqual([503, 'OVERLOADED', '1'])
  expect(refused.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(refused.headers.get('cache-control')).toBe('no-store')
  expect(refused.headers.get('traceparent')).toMatch(/^00-1af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
  const id = refused.headers.get('x-request-id')
  let event: AuditEvent | undefined
  while (event === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    event = (await auditEvents()).find(({ eventId }) => eventId === id)
  }
  expect(event).toMatchObject({
    requestId: id,
    actor: 'nobody',
    act: 'payment.confirm',
    result: '503',
    reason: 'OVERLOADED',
    traceId: '1af7651916cd43dd8448eb211c80319c',
    sourceToken: expect.stringMatching(/^v1:mask-1:[0-9a-f]{64}$/),
  })
  expect(await full.registry.metrics()).toMatch(
    /^http_request_duration_seconds_count\{method="POST",route="\/payment\/confirm",status_code="503"\} 1$/m,
  )
})

test('SPEC C2: on the embedded log 200 calls are on their way at most where no setting says otherwise', async () => {
  const hold = Promise.withResolvers<void>()
  const decisions: { held: Promise<void> | null } = { held: null }
  const env = { SLUICE_API_IN_FLIGHT_MAX: '', SLUICE_API_RATE: '1000' }
  const bounded = await ground.serve('bounded', { env, decisions })
  decisions.held = hold.promise
  const owner = await ground.token('usr-bound', ['acc-bound'])
  const call = (i: number) => {
    const names = { transaction_id: `tx-bound-${i}`, idempotency_key: `k-bound-${i}` }
    return confirm(bounded, owner, { ...CALL, ...names, from_account: 'acc-bound' })
  }
  const taken = Array.from({ length: 200 }, (_, i) => call(i))
  while (bounded.api.inFlight < 200) await new Promise((resolve) => setTimeout(resolve, 5))
  const refused = await call(200)
  hold.resolve()
  expect([refused.status, refused.json['code']]).toEqual([503, 'OVERLOADED'])
  expect((await Promise.all(taken)).filter(({ status }) => status === 503)).toEqual([])
})

test('SPEC C1, M6: a call whose caller has gone is an audit event too, and holds up no end', async () => {
  const lost = await ground.serve('lost', { paymentsLost: true })
  const gone = new AbortController()
  const names = { transaction_id: 'tx-gone', idempotency_key: 'k-gone' }
  const call = fetch(`${lost.url}/payment/confirm`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...CALL, ...names }),
    signal: gone.signal,
  })
  while (lost.api.inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  gone.abort()
  await expect(call).rejects.toThrow()
  await lost.server.close()
  let found: AuditEvent[] = []
  while (found.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    found = (await auditEvents()).filter(({ subject }) => subject === 'tx-gone')
  }
  expect(found).toMatchObject([{ act: 'payment.confirm', result: '499', sourceToken: expect.any(String) }])
})

test('SPEC M1, C5: what the API posts is a payment like any other, masked before its first byte is stored, with the trace', async () => {
  const partition = partitionOfAccount('acc-3')
  const at = { topic: TOPICS.paymentsSubmitted.name, partition }
  const { startOffset, endOffset } = await ground.session.log.bounds(at)
  let seen = 0
  let traced = 0
  await scanPartition(ground.session.log, at, startOffset, endOffset, (record) => {
    const { bytes, valueAt, valueLength } = record
    const text = Buffer.from(bytes.subarray(valueAt, valueAt + valueLength)).toString('latin1')
    if (!text.includes('tx-audit')) return
    seen++
    expect(text).toContain('XXXX-XXXX-XXXX-1111')
    expect(text).not.toContain('4111111111111111')
    while (record.nextHeader()) {
      const name = Buffer.from(
        bytes.subarray(record.headerKeyAt, record.headerKeyAt + record.headerKeyLength),
      ).toString()
      if (name === 'traceparent') traced++
    }
  })
  expect([seen, traced]).toEqual([1, 1])
})

test('metrics have the seed’s names', async () => {
  const text = await api.registry.metrics()
  expect(text).toMatch(/^payment_confirm_total\{status="success",risk="low"\} [1-9]/m)
  expect(text).toMatch(/^payment_confirm_total\{status="in_review",risk="high"\} 1$/m)
  expect(text).toMatch(
    /^http_request_duration_seconds_count\{method="POST",route="\/payment\/confirm",status_code="200"\} [1-9]/m,
  )
  expect(text).toMatch(/^sluice_api_view_caught_up 1$/m)
})

async function auditEvents(): Promise<AuditEvent[]> {
  const { log } = ground.session
  const { name: topic, partitions } = TOPICS.auditEvents
  const events: AuditEvent[] = []
  const reader = new AuditEventReader()
  for (let partition = 0; partition < partitions; partition++) {
    const { startOffset, endOffset } = await log.bounds({ topic, partition })
    await scanPartition(log, { topic, partition }, startOffset, endOffset, ({ bytes, valueAt, valueLength }, view) => {
      expect(reader.wrap(bytes, view, valueAt + 5, valueAt + valueLength)).toBe(0)
      events.push(reader.toObject())
    })
  }
  return events
}
