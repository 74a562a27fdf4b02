import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditSchemaId } from '../../../bin/runtime/board/audit-log.ts'
import { readTrail } from '../../../bin/runtime/board/audit-trail.ts'
import { boardUsers } from '../../../bin/runtime/board/board-users.ts'
import { newToken } from '../../../bin/runtime/board/new-token.ts'
import { testConfig } from '../../bin/decided-folder.ts'
import { type Asked, ask, type BoardGround, startBoard } from './board-ground.ts'

// Goal: who may do what on the board, that every act is kept with who and why, and what bad input gets.
const API = '/fraud-alerts/api'
const OURS = { 'x-sluice-board': '1', 'content-type': 'application/json' }
const REASON = JSON.stringify({ reason: 'ticket 812' })
let ground: BoardGround

beforeAll(async () => {
  ground = await startBoard({ roles: ['viewer', 'analyst', 'admin'] })
})
afterAll(async () => {
  await ground.close()
  expect(ground.failures).toEqual([])
})

const post = (path: string, role: string | null, more: Asked = {}) =>
  ask(ground.port, `${API}${path}`, {
    method: 'POST',
    body: REASON,
    ...more,
    headers: { ...OURS, ...(role !== null && { authorization: `Bearer ${ground.tokens[role]}` }), ...more.headers },
  })

async function acts() {
  const { log, registry } = ground.session
  return (await readTrail(log, await auditSchemaId(registry))).acts()
}

const ACTS = [
  { path: '/accounts/ACC_1/block', needs: 'analyst' },
  { path: '/accounts/ACC_1/unblock', needs: 'analyst' },
  { path: '/accounts/ACC_1/allow', needs: 'admin' },
  { path: '/reviews/0-1/claim', needs: 'analyst' },
  { path: '/reviews/0-1/approve', needs: 'analyst' },
  { path: '/reviews/0-1/decline', needs: 'analyst' },
] as const

describe.each(ACTS)('board: POST $path', ({ path, needs }) => {
  test('a viewer may not', async () => {
    const { status, headers, body } = await post(path, 'viewer')
    expect(status).toBe(403)
    expect(headers['content-type']).toContain('application/problem+json')
    expect(JSON.parse(body)).toMatchObject({ status: 403, detail: expect.stringContaining(needs) })
  })
  test('nobody may without a login, and with a token of nobody', async () => {
    expect((await post(path, null)).status).toBe(401)
    expect((await post(path, null, { headers: { authorization: 'Bearer guess' } })).status).toBe(401)
  })
  test('a page of another origin may not, whoever is logged in', async () => {
    const foreign = [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { 'x-sluice-board': '' }]
    for (const headers of foreign) expect((await post(path, 'admin', { headers })).status).toBe(403)
  })
})

test('board: an analyst blocks and unblocks, and the audit has who, what, why and how it ended', async () => {
  const block = await post('/accounts/ACC_7/block', 'analyst')
  expect(JSON.parse(block.body)).toMatchObject({ act: 'ACCOUNT_BLOCKED', subject: 'ACC_7', holds: true })
  const account = await ask(ground.port, `${API}/accounts/ACC_7`, {
    headers: { authorization: `Bearer ${ground.tokens['viewer']}` },
  })
  expect(JSON.parse(account.body)).toMatchObject({ standing: { hardBlockUntil: 'forever' } })
  expect((await post('/accounts/ACC_7/unblock', 'analyst')).status).toBe(200)
  expect((await post('/accounts/ACC_7/allow', 'analyst')).status).toBe(403)
  const own = (await acts()).filter(({ subject }) => subject === 'ACC_7').toReversed()
  const who = { actor: 'a-analyst', role: 'analyst' }
  expect(own).toMatchObject([
    { ...who, act: 'account.block', result: 'done', reason: 'ticket 812' },
    { ...who, act: 'account.unblock', result: 'done', reason: 'ticket 812' },
    { ...who, act: 'account.allow', result: 'refused', reason: expect.stringContaining('admin') },
  ])
})

test('board: an act of a review that there is none of is refused and audited', async () => {
  const { status } = await post('/reviews/3-999/approve', 'analyst')
  expect(status).toBe(404)
  expect((await acts()).find(({ subject }) => subject === '3-999')).toMatchObject({ result: 'refused' })
})

test('board: a login is a cookie that no script reads and no other site sends, and a log-out ends it', async () => {
  const body = JSON.stringify({ token: ground.tokens['analyst'] })
  const login = await ask(ground.port, `${API}/session`, { method: 'POST', headers: OURS, body })
  const [cookie = ''] = login.headers['set-cookie'] ?? []
  expect(cookie).toMatch(/^sluice_board=[\w-]{43}; Path=\/fraud-alerts; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  expect(login.body).not.toContain(ground.tokens['analyst'])
  const headers = { cookie: cookie.split(';')[0] ?? '' }
  const session = async () => JSON.parse((await ask(ground.port, `${API}/session`, { headers })).body)
  expect(await session()).toEqual({ loginNeeded: true, user: { name: 'a-analyst', role: 'analyst' } })
  await ask(ground.port, `${API}/session`, { method: 'DELETE', headers: { ...OURS, ...headers }, body: '{}' })
  expect(await session()).toEqual({ loginNeeded: true, user: null })
  const wrong = await ask(ground.port, `${API}/session`, { method: 'POST', headers: OURS, body: '{"token":"no"}' })
  expect(wrong.status).toBe(401)
})

test.each([
  '/feed',
  '/accounts/ACC_1',
  '/decisions/0-1',
  '/pipeline',
  '/rules',
  '/reviews',
  '/compliance',
  '/maskings?find=tx-1',
  '/accounts/ACC_1/history?before=1',
])('board: GET %s needs a login too', async (path) => {
  expect((await ask(ground.port, `${API}${path}`)).status).toBe(401)
})

test('board: without an archive a viewer is told where the log ends, and in one line why no audit can be searched', async () => {
  const asked = (path: string) =>
    ask(ground.port, `${API}${path}`, { headers: { authorization: `Bearer ${ground.tokens['viewer']}` } })
  const compliance = await asked('/compliance')
  expect(compliance.status).toBe(200)
  const view = JSON.parse(compliance.body)
  expect(view).toMatchObject({ proof: [], why: expect.stringContaining('there is no archive') })
  expect(view.topics.map(({ topic }: { topic: string }) => topic)).toContain('payments.decided')
  const searched = await asked('/maskings?find=tx-1')
  expect(searched.status).toBe(503)
  expect(searched.body).toContain('there is no archive')
  expect((await asked(`/maskings?find=${encodeURIComponent("x' OR '1'='1")}`)).status).toBe(400)
})

const BAD: readonly { why: string; path: string; asked: Asked; status: number }[] = [
  {
    why: 'a name that was made to point here (DNS rebinding)',
    path: '/session',
    asked: { headers: { host: 'evil.example:3000' } },
    status: 421,
  },
  {
    why: 'a body over 16 KiB',
    path: '/accounts/ACC_1/block',
    asked: { method: 'POST', headers: OURS, body: JSON.stringify({ reason: 'x'.repeat(20_000) }) },
    status: 413,
  },
  { why: 'no JSON', path: '/session', asked: { method: 'POST', headers: OURS, body: '{' }, status: 400 },
  { why: 'no such thing', path: '/nothing', asked: {}, status: 404 },
]

test.each(BAD)('board: $why gets problem+json', async ({ path, asked, status }) => {
  const answer = await ask(ground.port, `${API}${path}`, asked)
  expect(answer.status).toBe(status)
  expect(answer.headers['content-type']).toContain('application/problem+json')
  expect(JSON.parse(answer.body)).toMatchObject({ status })
})

const REFUSED = [
  { why: 'no reason', body: {}, detail: 'reason' },
  { why: 'a reason that steers a terminal', body: { reason: 'ok\u001b[31m' }, detail: 'control' },
  { why: 'a time that is none', body: { reason: 'ok', until: 'tomorrow' }, detail: 'until' },
  { why: 'a field that there is none of', body: { reason: 'ok', role: 'admin' }, detail: 'role' },
] as const

test.each(REFUSED)('board: an act with $why is refused', async ({ body, detail }) => {
  const answer = await post('/accounts/ACC_2/block', 'analyst', { body: JSON.stringify(body) })
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body).detail).toContain(detail)
})

test('board: beyond loopback it does not start without users, and says which setting', () => {
  const config = testConfig('/nowhere', { SLUICE_BOARD_HOST: '0.0.0.0' })
  expect(() => boardUsers(config)).toThrow('SLUICE_BOARD_USERS_FILE')
  expect(boardUsers(testConfig('/nowhere'))).toBeNull()
})

test('board: a token is random, and the file of users holds its digest alone', () => {
  const made = newToken('ada', 'analyst')
  expect(made).toMatchObject({
    entry: { name: 'ada', role: 'analyst', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  })
  expect(JSON.stringify(typeof made === 'string' ? '' : made.entry)).not.toContain(
    typeof made === 'string' ? '' : made.token,
  )
  expect(newToken('ada', 'root')).toContain('--role')
  expect(newToken('<b>', 'viewer')).toContain('no name')
})
