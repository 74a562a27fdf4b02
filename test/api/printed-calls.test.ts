import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StartedSluice } from '../support/started-sluice.ts'

// Goal: what README and docs/api.md print is what a newcomer gets. Only the port is another, and the code is the one that `up` prints.
const PROJECT = join(import.meta.dirname, '../..')
const PRINTED_URL = 'http://127.0.0.1:3000'
const PRINTED_CODE = '789012'
const run = promisify(execFile)

/** A machine that does much else is no reason to fail. */
const PATIENT = { SLUICE_API_TIMEOUT_MS: '30000', SLUICE_API_DELAY_MAX_MS: '600000' }
const data = mkdtempSync(join(tmpdir(), 'sluice-printed-'))
const up = new StartedSluice(['up', '--port', '0', '--no-simulate', '--data', data], { env: PATIENT })
let url = ''

beforeAll(async () => {
  ;[, url = ''] = await up.says(/confirm API: (http:\/\/127\.0\.0\.1:\d+)/)
}, 60_000)
afterAll(async () => {
  up.kill('SIGTERM')
  expect(await up.ended).toBe(0)
  rmSync(data, { recursive: true })
}, 30_000)

/** The blocks of a document that call the API, each with the JSON printed behind it, if any. */
function blocks(document: string): { readonly shell: string; readonly json: string | null }[] {
  const text = readFileSync(join(PROJECT, document), 'utf8')
  const found = [...text.matchAll(/```sh\n([\s\S]*?)```\n(?:\n```json\n([\s\S]*?)```)?/g)]
  return found
    .filter(([, shell]) => shell?.includes('curl'))
    .map(([, shell = '', json]) => ({ shell, json: json ?? null }))
}

/** Runs blocks one after the other in the shell of the first: what it exports stays. */
async function answersOf(document: string, codeFor: () => Promise<string>): Promise<void> {
  const printed = blocks(document)
  process.stdout.write(`${document}: ${printed.length} blocks of calls\n`)
  expect(printed.length).toBeGreaterThan(0)
  const setting = printed[0]?.shell.split('\n\n')[0] ?? ''
  for (const [i, { shell, json }] of printed.entries()) {
    const code = shell.includes(PRINTED_CODE) ? await codeFor() : PRINTED_CODE
    const script = `${i === 0 ? '' : setting}\n${shell}`
      .replaceAll(PRINTED_URL, url)
      .replaceAll('npx sluice', `${process.execPath} ${join(PROJECT, 'bin/sluice.ts')}`)
      .replaceAll(PRINTED_CODE, code)
    const { PATH = '', HOME = '' } = process.env
    const { stdout } = await run('bash', ['-euc', script], { cwd: PROJECT, env: { PATH, HOME, SLUICE_DATA: data } })
    if (json === null) expect(stdout, shell).toContain('"status":"SUCCESS"')
    else expect(withoutReference(stdout), shell).toBe(withoutReference(json))
  }
}

test('the README’s calls answer as it prints', async () => {
  await answersOf('README.md', () => Promise.reject(new Error('no code is asked for')))
}, 60_000)

test('the calls of docs/api.md answer as it prints, with the code that `up` shows', async () => {
  await answersOf('docs/api.md', async () => (await up.says(/code for acc-1: (\d{6})/))[1] ?? '')
}, 60_000)

test('the example of the typed client confirms a payment', async () => {
  const sluice = join(PROJECT, 'bin/sluice.ts')
  const token = await run(process.execPath, [sluice, 'token', '--account', 'acc-1', '--data', data])
  const example = [
    '--conditions=sluice-source',
    join(PROJECT, 'examples/confirm.ts'),
    url,
    token.stdout.trim(),
    'tx-example',
  ]
  expect((await run(process.execPath, example)).stdout).toMatch(/^SUCCESS [0-9A-Z]+\n$/)
}, 60_000)

/** A reference is another in each folder. */
function withoutReference(text: string): string {
  return text.trim().replace(/"reference":"[0-9A-Z]+"/, '"reference":"..."')
}
