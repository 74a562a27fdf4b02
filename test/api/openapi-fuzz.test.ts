import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCodes } from '../otp/challenged-folder.ts'
import { python, pythonPackages } from '../support/python.ts'
import { ApiGround, CALL, confirm } from './api-ground.ts'
import { SCHEMATHESIS_PACKAGES } from './fuzz/schemathesis-packages.ts'

// Goal: whatever fits the served OpenAPI document, or does not, gets an answer that stands in it, and never a failure.
// Method: schemathesis makes calls from the document, with a valid token; test/api/fuzz/hooks.py gives the right ones accounts and payments.
const EXAMPLES = process.env['SLUICE_TEST_FUZZ_EXAMPLES'] ?? '12'
const SEED = process.env['SLUICE_TEST_SEED'] ?? '42'
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]
const REACHED_MIN = 0.3
const ACCOUNTS = Array.from({ length: 40 }, (_, i) => `acc-${i}`)
let ground: ApiGround
const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'))

beforeAll(async () => {
  ground = await ApiGround.open()
  await ground.decide()
}, 120_000)
afterAll(async () => {
  await ground.close()
  rmSync(folder, { recursive: true, force: true })
})

test('SPEC C1: calls that schemathesis makes from the document get documented answers, and none fails', async () => {
  const codes = await openCodes(ground.session)
  codes.keepUp()
  const unlimited = { SLUICE_API_RATE: '100000' }
  const api = await ground.serve('fuzzed', { challenges: codes.challenges, env: unlimited })
  const token = await ground.token('usr-1', ACCOUNTS)
  expect((await confirm(api, token, { ...CALL, from_account: 'acc-0' })).status).toBe(200)
  const packages = await pythonPackages('python-schemathesis-4.32.5', SCHEMATHESIS_PACKAGES)
  const answers = join(folder, 'answers.jsonl')
  const env = {
    PYTHONPATH: packages,
    SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'fuzz/hooks.py'),
    FUZZ_ACCOUNTS: ACCOUNTS.join(','),
    FUZZ_PAYMENTS: CALL.transaction_id,
    FUZZ_ANSWERS: answers,
    FUZZ_SEED: SEED,
  }
  const limits = ['--max-examples', EXAMPLES, '--seed', SEED, '--request-timeout', '30', '--no-shrink']
  const args = ['-m', 'schemathesis.cli', 'run', `${api.url}/docs/json`, '--url', api.url, ...limits]
  const header = ['-H', `Authorization: Bearer ${token}`, '--phases', 'examples,coverage,fuzzing', '--no-color']
  const { exitCode, stdout, stderr } = await python([...args, ...header, '--checks', CHECKS.join(',')], env, { folder })
  const rows = readFileSync(answers, 'utf8').trim().split('\n')
  const calls = rows.map((row) => JSON.parse(row) as { operation: string; mode: string; status: number; code: string })
  const counts = Object.entries(Object.groupBy(calls, ({ mode, status, code }) => `${mode} ${status} ${code}`.trim()))
  process.stdout.write(
    `${calls.length} calls: ${counts.map(([what, own = []]) => `${what}: ${own.length}`).join('; ')}\n`,
  )
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0)
  expect(calls.filter(({ status }) => status >= 500)).toEqual([])
  const reached = calls.filter(({ status }) => status === 200 || status === 202 || status === 403)
  process.stdout.write(`${reached.length} of them reached 200, 202 or 403\n`)
  expect(reached.length / calls.length).toBeGreaterThanOrEqual(REACHED_MIN)
}, 300_000)
