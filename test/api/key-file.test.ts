import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TokenCheck } from '../../api/access/token-check.ts'
import { addBodyKey, BODY_KEY_FILES, bodyKeys } from '../../bin/runtime/api/body-keys.ts'
import { addTokenKey, signToken, TOKEN_KEY_FILES, tokenKeys } from '../../bin/runtime/api/token-keys.ts'
import { readConfig } from '../../platform/config.ts'
import { holdsCardNumber } from '../../processors/mask/mask-payment.ts'

// Goal: a file of keys that is put in place holds a second later, also when it could not be read at first; nobody has to restart for it.
const config = readConfig({}, {})
const RULES = {
  issuer: config.apiIssuer,
  audience: config.apiAudience,
  lifeMaxS: config.apiTokenLifeMaxS,
  holdsCardNumber,
}
let folder: string
let nowMs: number
let unread: string[]
const rereading = { nowMs: () => nowMs, onUnread: (_path: string, error: Error) => void unread.push(error.message) }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-key-file-'))
  nowMs = Date.now()
  unread = []
})
afterEach(() => rmSync(folder, { recursive: true }))

test('SPEC C1: a key that was removed takes its tokens with it, though the file without it could not be read at first', async () => {
  await addTokenKey(folder)
  const claims = { subject: 'usr-1', accounts: ['acc-1'], scope: 'payment.confirm', lifeS: 600 }
  const authorization = `Bearer ${await signToken(folder, config, claims, nowMs)}`
  const check = new TokenCheck(await tokenKeys(config, folder, false, rereading), RULES, () => nowMs)
  expect((await check.principalOf(authorization)).subject).toBe('usr-1')

  // The same inode, time and size before and after, as when only its rights are set right; root may read whatever its rights.
  const path = join(folder, TOKEN_KEY_FILES.public)
  const written = (text: string) => {
    writeFileSync(path, text.padEnd(64))
    utimesSync(path, 1_780_315_200, 1_780_315_200)
    const { ino, mtimeMs, size } = statSync(path)
    return { ino, mtimeMs, size }
  }
  const broken = written('{"keys": [')
  for (let looks = 0; looks < 3; looks++) {
    nowMs += 1_000
    expect((await check.principalOf(authorization)).subject, 'what was read before stays good').toBe('usr-1')
  }
  expect(unread, 'said once').toEqual([expect.stringContaining('JSON')])
  expect(written('{"keys": []}')).toEqual(broken)
  nowMs += 1_000
  await expect(check.principalOf(authorization)).rejects.toMatchObject({ status: 401, code: 'BAD_TOKEN' })
  expect(unread).toHaveLength(1)
})

test('SPEC C1: a file of keys that is gone for a moment changes nothing, and is said again the next time', async () => {
  await addTokenKey(folder)
  const findKey = await tokenKeys(config, folder, false, rereading)
  const path = join(folder, TOKEN_KEY_FILES.public)
  for (const times of [1, 2]) {
    renameSync(path, `${path}.aside`)
    for (let looks = 0; looks < 2; looks++) {
      nowMs += 1_000
      expect(await findKey({ alg: 'ES256' })).toBeDefined()
    }
    expect(unread).toHaveLength(times)
    expect(unread.at(-1)).toContain('ENOENT')
    renameSync(`${path}.aside`, path)
    nowMs += 1_000
    expect(await findKey({ alg: 'ES256' })).toBeDefined()
  }
})

test('SPEC C1: a key of encrypted bodies opens a second after its file can be read', async () => {
  await addBodyKey(folder, 'ECDH-ES')
  const find = (await bodyKeys(config, folder, rereading))!
  const path = join(folder, BODY_KEY_FILES.opening)
  const kid = await addBodyKey(folder, 'ECDH-ES')
  chmodSync(path, 0o644)
  for (let looks = 0; looks < 3; looks++) {
    nowMs += 1_000
    expect(await find(kid)).toBeNull()
  }
  expect(unread).toEqual([`${path} can be read by others; run: chmod 600 ${path}`])
  chmodSync(path, 0o600)
  nowMs += 1_000
  expect(await find(kid)).toMatchObject({ alg: 'ECDH-ES' })
})

test('SPEC M6: what is said of a half-written file of private keys quotes nothing of it', async () => {
  await addBodyKey(folder, 'ECDH-ES')
  const find = (await bodyKeys(config, folder, rereading))!
  writeFileSync(join(folder, BODY_KEY_FILES.opening), '{"keys": [{"d": "c2VjcmV0"')
  nowMs += 1_000
  await find('any')
  expect(unread).toEqual([expect.stringMatching(/body-keys\.json is no JSON; run/)])
})
