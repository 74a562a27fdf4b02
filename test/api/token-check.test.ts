import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, type JWK } from 'jose'
import { expect, test } from 'vitest'
import { KNOWN_TOKENS_MAX, KnownTokens } from '../../api/access/known-tokens.ts'
import { TokenCheck } from '../../api/access/token-check.ts'
import { addTokenKey, signToken, tokenKeys } from '../../bin/runtime/api/token-keys.ts'
import { readConfig } from '../../platform/config.ts'
import { holdsCardNumber } from '../../processors/mask/mask-payment.ts'

// Goal: RFC 8725 row by row: every way to forge, stretch or misuse a token is refused, with one answer for all.
const NOW_S = 1_780_315_200
const RULES = { issuer: 'us', audience: 'api', lifeMaxS: 300, holdsCardNumber }

const keys = {
  es: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed: generateKeyPairSync('ed25519'),
  stranger: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
}
const jwk = (key: KeyObject, kid: string): JWK => ({ ...(key.export({ format: 'jwk' }) as JWK), kid })
const JWKS = {
  keys: [
    jwk(keys.es.publicKey, 'es'),
    jwk(keys.ed.publicKey, 'ed'),
    jwk(keys.rsa.publicKey, 'rsa'),
    jwk(keys.p384.publicKey, 'p384'),
  ],
}
const check = new TokenCheck(createLocalJWKSet(JWKS), RULES, () => NOW_S * 1_000)

const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'es' }
const CLAIMS = {
  iss: 'us',
  aud: 'api',
  sub: 'usr-1',
  iat: NOW_S - 10,
  exp: NOW_S + 100,
  scope: 'payment.confirm',
  accounts: ['acc-1'],
}
const base64 = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

type Sign = (input: string) => Buffer
const es =
  (key: KeyObject = keys.es.privateKey): Sign =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
const hmac =
  (secret: string): Sign =>
  (input) =>
    createHmac('sha256', secret).update(input).digest()

/** A token with what is given in place of what is right. */
function token(header: object = {}, claims: object = {}, signer: Sign = es()): string {
  const input = `${base64({ ...HEADER, ...header })}.${base64({ ...CLAIMS, ...claims })}`
  return `${input}.${signer(input).toString('base64url')}`
}

const [head = '', payload = '', signature = ''] = token().split('.')
const publicPem = keys.es.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const p384: Sign = (input) =>
  sign('sha384', Buffer.from(input), { key: keys.p384.privateKey, dsaEncoding: 'ieee-p1363' })
const rsa: Sign = (input) => sign('sha256', Buffer.from(input), keys.rsa.privateKey)

const ATTACKS: readonly (readonly [why: string, authorization: string | undefined])[] = [
  ['no header', undefined],
  ['no token', 'Bearer '],
  ['another scheme', `Basic ${token()}`],
  ['two tokens', `Bearer ${token()} ${token()}`],
  ['not three parts', `Bearer ${head}.${payload}`],
  ['a token that is no base64', 'Bearer a.b.c'],
  ['over 8 KiB', `Bearer ${token({}, { pad: 'x'.repeat(9_000) })}`],
  ['alg none without a signature', `Bearer ${base64({ ...HEADER, alg: 'none' })}.${payload}.`],
  ['alg None', `Bearer ${token({ alg: 'None' })}`],
  ['alg none with the signature left on', `Bearer ${base64({ ...HEADER, alg: 'none' })}.${payload}.${signature}`],
  ['HS256 with the public key as the secret', `Bearer ${token({ alg: 'HS256' }, {}, hmac(publicPem))}`],
  ['HS256 with an empty secret', `Bearer ${token({ alg: 'HS256' }, {}, hmac(''))}`],
  ['RS256, though the key is among ours', `Bearer ${token({ alg: 'RS256', kid: 'rsa' }, {}, rsa)}`],
  ['ES384, though the key is among ours', `Bearer ${token({ alg: 'ES384', kid: 'p384' }, {}, p384)}`],
  ['a key of a stranger under our id', `Bearer ${token({}, {}, es(keys.stranger.privateKey))}`],
  [
    'a key that the token brings',
    `Bearer ${token({ jwk: jwk(keys.stranger.publicKey, 'es') }, {}, es(keys.stranger.privateKey))}`,
  ],
  [
    'an address of keys that the token brings',
    `Bearer ${token({ jku: 'https://evil.example/jwks' }, {}, es(keys.stranger.privateKey))}`,
  ],
  [
    'certificates that the token brings',
    `Bearer ${token({ x5u: 'https://evil.example/x5' }, {}, es(keys.stranger.privateKey))}`,
  ],
  ['an id that no key has', `Bearer ${token({ kid: 'none' })}`],
  ['an id that is a path', `Bearer ${token({ kid: '../../../dev/null' })}`],
  ['an id that is SQL', `Bearer ${token({ kid: "es' OR '1'='1" })}`],
  ['no id', `Bearer ${token({ kid: undefined })}`],
  ['an id that is no text', `Bearer ${token({ kid: 7 })}`],
  ['the id of a key of another algorithm', `Bearer ${token({ kid: 'ed' })}`],
  ['claims changed after the signature', `Bearer ${head}.${base64({ ...CLAIMS, sub: 'usr-2' })}.${signature}`],
  ['a signature of zeros', `Bearer ${head}.${payload}.${Buffer.alloc(64).toString('base64url')}`],
  ['a signature cut short', `Bearer ${head}.${payload}.${signature.slice(0, -8)}`],
  ['a signature in DER', `Bearer ${token({}, {}, (input) => sign('sha256', Buffer.from(input), keys.es.privateKey))}`],
  ['an unknown critical header', `Bearer ${token({ crit: ['b64x'], b64x: true })}`],
  ['an id token', `Bearer ${token({ typ: 'JWT' })}`],
  ['no type', `Bearer ${token({ typ: undefined })}`],
  ['expired', `Bearer ${token({}, { exp: NOW_S - 31, iat: NOW_S - 200 })}`],
  ['not yet valid', `Bearer ${token({}, { nbf: NOW_S + 31 })}`],
  ['issued in the future', `Bearer ${token({}, { iat: NOW_S + 31 })}`],
  ['without an end', `Bearer ${token({}, { exp: undefined })}`],
  ['without a beginning', `Bearer ${token({}, { iat: undefined })}`],
  ['living too long', `Bearer ${token({}, { exp: NOW_S + 400 })}`],
  ['times as text', `Bearer ${token({}, { exp: String(NOW_S + 100) })}`],
  ['another issuer', `Bearer ${token({}, { iss: 'them' })}`],
  ['another audience', `Bearer ${token({}, { aud: 'board' })}`],
  ['no audience', `Bearer ${token({}, { aud: undefined })}`],
  ['no subject', `Bearer ${token({}, { sub: undefined })}`],
  ['an empty subject', `Bearer ${token({}, { sub: '' })}`],
  ['a subject that holds a card number', `Bearer ${token({}, { sub: 'usr-4111111111111111' })}`],
  ['a scope that holds a card number', `Bearer ${token({}, { scope: 'payment.confirm 4111111111111111' })}`],
  ['no accounts', `Bearer ${token({}, { accounts: undefined })}`],
  ['accounts as text', `Bearer ${token({}, { accounts: 'acc-1' })}`],
  ['a scope that is a list', `Bearer ${token({}, { scope: ['payment.confirm'] })}`],
]

test.each(ATTACKS)('SPEC C1: a token is refused: %s', async (_why, authorization) => {
  const problem = await check.principalOf(authorization).then(
    () => null,
    (error: unknown) => error,
  )
  expect(problem).toMatchObject({ status: 401, code: 'BAD_TOKEN', details: 'a valid access token is needed' })
})

test.each([
  ['a longer word', 'payment.confirm.all'],
  ['a shorter word', 'payment'],
  ['another case', 'Payment.Confirm'],
  ['none', ''],
])('SPEC C1: a good token without the scope is forbidden: %s', async (_why, scope) => {
  await expect(check.principalOf(`Bearer ${token({}, { scope })}`)).rejects.toMatchObject({
    status: 403,
    code: 'NO_SCOPE',
  })
})

test('SPEC C1: ES256 and EdDSA tokens are good, within the skew and with other words in the scope', async () => {
  const ed: Sign = (input) => sign(null, Buffer.from(input), keys.ed.privateKey)
  const good = [
    token(),
    token({ alg: 'EdDSA', kid: 'ed' }, {}, ed),
    token({}, { exp: NOW_S - 20, iat: NOW_S - 200 }),
    token({}, { scope: 'openid payment.confirm' }),
  ]
  for (const one of good) {
    const principal = await check.principalOf(`Bearer ${one}`)
    expect([principal.subject, [...principal.accounts]]).toEqual(['usr-1', ['acc-1']])
  }
})

test('SPEC C1: keys that cannot be had are no fault of the token', async () => {
  const away = new TokenCheck(
    () => Promise.reject(new TypeError('fetch failed')),
    RULES,
    () => NOW_S * 1_000,
  )
  await expect(away.principalOf(`Bearer ${token()}`)).rejects.toMatchObject({ status: 503, code: 'KEYS_UNAVAILABLE' })
})

test('SPEC C1: a token that was found good is good again at once, and never past its end or its key', async () => {
  let nowMs = NOW_S * 1_000
  let held = createLocalJWKSet(JWKS)
  const changing = new TokenCheck(
    (header) => held(header),
    RULES,
    () => nowMs,
  )
  const long = `Bearer ${token()}`
  const short = `Bearer ${token({}, { exp: NOW_S + 10 })}`
  const first = await changing.principalOf(long)
  expect(await changing.principalOf(long), 'known, so the same object').toBe(first)
  await expect(changing.principalOf(`Bearer ${head}.${payload}.${'A'.repeat(86)}`)).rejects.toMatchObject({
    status: 401,
  })
  await changing.principalOf(short)
  nowMs += 39_999
  await changing.principalOf(short)
  nowMs += 1
  await expect(changing.principalOf(short), 'past its end and the skew').rejects.toMatchObject({ code: 'BAD_TOKEN' })
  // A file that was written anew with the same key in it.
  held = createLocalJWKSet(JWKS)
  const anew = await changing.principalOf(long)
  expect([anew, anew === first]).toEqual([first, false])
  held = createLocalJWKSet({ keys: [jwk(keys.ed.publicKey, 'ed')] })
  await expect(changing.principalOf(long), 'its key is gone').rejects.toMatchObject({ code: 'BAD_TOKEN' })
  held = createLocalJWKSet({ keys: [jwk(keys.stranger.publicKey, 'es')] })
  await expect(changing.principalOf(long), "its key's name is another key's").rejects.toMatchObject({
    code: 'BAD_TOKEN',
  })
})

test('known tokens are bounded: the one that was checked longest ago is forgotten first', async () => {
  const known = new KnownTokens(() => 0)
  const principal = { subject: 'usr-1', accounts: new Set(['acc-1']), scope: 'payment.confirm' }
  const key = await createLocalJWKSet(JWKS)(HEADER)
  const checked = { principal, header: HEADER, key, untilMs: 1_000 }
  for (let i = 0; i <= KNOWN_TOKENS_MAX; i++) known.add(`token-${i}`, checked)
  expect([known.size, known.get('token-0')]).toEqual([KNOWN_TOKENS_MAX, null])
  expect(known.get('token-1')).toBe(checked)
})

test('a development token of the longest life is good from its first moment to its last, wherever in its second it was made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-token-'))
  try {
    await addTokenKey(folder)
    const config = readConfig({}, {})
    const { apiIssuer: issuer, apiAudience: audience, apiTokenLifeMaxS: lifeS } = config
    for (const ms of [0, 999]) {
      let nowMs = NOW_S * 1_000 + ms
      const claims = { subject: 'usr-1', accounts: ['acc-1'], scope: 'payment.confirm', lifeS }
      const authorization = `Bearer ${await signToken(folder, config, claims, nowMs)}`
      const findKey = await tokenKeys(config, folder, true, { nowMs: () => nowMs, onUnread: () => {} })
      const checked = new TokenCheck(findKey, { issuer, audience, lifeMaxS: lifeS, holdsCardNumber }, () => nowMs)
      expect((await checked.principalOf(authorization)).subject).toBe('usr-1')
      nowMs = (NOW_S + lifeS + 30) * 1_000
      await expect(checked.principalOf(authorization)).rejects.toMatchObject({ code: 'BAD_TOKEN' })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
