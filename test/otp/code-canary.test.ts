import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test, vi } from 'vitest'
import { confirm } from '../api/api-ground.ts'
import { SluiceProcess, sluice, temporaryFolder } from '../bin/sluice-process.ts'
import { formsOf } from '../faults/canary-scan.ts'
import { startGateway } from './code-server.ts'

// Goal: a code is in no log, topic, trace, store or error, while it waits, once it is sent and once it is used.
// Method: the whole flow over HTTP with the most talkative log, codes by a gateway on loopback; every file of the data folder is kept
// at each stage, and scanned once the code is known. The scan must find the code that is planted in a copy of each file first.

const CALL = {
  transaction_id: 'tx-1',
  idempotency_key: '6f1c24be-0b2c-4f4e-9d1a-2b6f6c1f7d11',
  amount: 6_000,
  currency: 'USD',
  from_account: 'acc-1',
  to_account: 'payee-xyz',
}

/** Where the code stands in any form; its digits within a longer number, such as a time, are not it. */
function findingsOf(code: string, where: string, bytes: Buffer): string[] {
  const text = bytes.toString('latin1')
  return formsOf(code).flatMap(({ form, text: spelled }) => {
    const found = form === 'text' ? new RegExp(`(?<!\\d)${spelled}(?!\\d)`).test(text) : text.includes(spelled)
    return found ? [`${where}: ${form}`] : []
  })
}

function filesOf(folder: string): { path: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ path: relative(folder, path), bytes: readFileSync(path) }))
}

test('SPEC C4 M6: a code is nowhere in what is stored, logged or answered, at any stage of its life', async () => {
  const folder = temporaryFolder()
  const aside = temporaryFolder()
  const secrets = temporaryFolder()
  const gateway = await startGateway(503, 201)
  const fileOf = (name: string, text: string) => {
    writeFileSync(join(secrets, name), text, { mode: 0o600 })
    return join(secrets, name)
  }
  const up = new SluiceProcess(['up', '--port', '0', '--no-simulate', '--data', folder], {
    SLUICE_BOARD_PORT: '0',
    SLUICE_LOG_LEVEL: 'debug',
    SLUICE_API_TIMEOUT_MS: '30000',
    SLUICE_OTP_DELIVERY: 'twilio',
    SLUICE_OTP_GATEWAY_URL: gateway.url,
    SLUICE_OTP_GATEWAY_USER: 'AC1',
    SLUICE_OTP_GATEWAY_PASSWORD_FILE: fileOf('token', 'token-1\n'),
    SLUICE_OTP_SENDER: '+15005550006',
    SLUICE_OTP_CONTACTS: fileOf('contacts.json', JSON.stringify({ 'acc-1': { phone: '+4915112345678' } })),
  })
  const url = (await up.says(/confirm API: (\S+)\/payment/))[1] ?? ''
  const token = (await sluice(['token', '--account', 'acc-1', '--data', folder])).stdout.trim()
  const answers: string[] = []
  const post = async (given: object) => {
    const answer = await confirm({ url }, token, { ...CALL, ...given })
    answers.push(`${answer.text} ${JSON.stringify([...answer.headers])}`)
    return answer
  }
  const keep = (stage: string) => {
    mkdirSync(join(aside, stage))
    cpSync(folder, join(aside, stage), { recursive: true })
  }

  expect(await post({})).toMatchObject({ status: 403, json: { status: 'OTP_REQUIRED' } })
  // The gateway's first answer is 503: the code is sealed in the store now.
  await gateway.arrived
  keep('waiting')
  await vi.waitFor(() => expect(gateway.got).toHaveLength(2), 20_000)
  const [first, second] = gateway.got.map(({ body }) => new URLSearchParams(body))
  const code = /^(\d{6}) is your code to pay 6000\.00 USD to payee-xyz\./.exec(second?.get('Body') ?? '')?.[1] ?? ''
  expect(first?.get('Body')?.slice(0, 6)).toBe(code)
  expect(second?.get('To')).toBe('+4915112345678')
  keep('sent')
  const wrong = code === '000000' ? '000001' : '000000'
  expect(await post({ otp_code: wrong })).toMatchObject({ status: 401, json: { error: 'Invalid OTP', tries_left: 4 } })
  const passed = await post({ otp_code: code })
  expect(passed).toMatchObject({ status: 200, json: { status: 'SUCCESS' } })
  expect((await post({ otp_code: code })).json).toEqual(passed.json)
  keep('used')
  up.child.kill('SIGINT')
  expect(await up.ended, up.stderr).toBe(0)
  keep('ended')

  const files = filesOf(aside)
  const streams = { stdout: up.stdout, stderr: up.stderr, answers: answers.join('\n') }
  const all = [
    ...files.map(({ path, bytes }) => [path, bytes] as const),
    ...Object.entries(streams).map(([name, text]) => [name, Buffer.from(text)] as const),
  ]
  all.forEach(([where, bytes], i) => {
    const forms = formsOf(code)
    const { form, text } = forms[i % forms.length] ?? { form: 'text', text: code }
    const planted = Buffer.concat([bytes, Buffer.from(`\n${text}\n`)])
    expect(findingsOf(code, where, planted), `${form} planted in ${where}`).not.toEqual([])
  })
  expect(all.flatMap(([where, bytes]) => findingsOf(code, where, bytes))).toEqual([])
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  process.stdout.write(`${files.length} files with ${size} bytes scanned, and ${Object.keys(streams).length} streams\n`)
  expect(files.filter(({ path }) => path.includes('otp/')).length).toBeGreaterThanOrEqual(4)
}, 120_000)
