import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ReplayCache } from '../../api/request/replay-cache.ts'
import { addBodyKey, BODY_KEY_FILES } from '../../bin/runtime/api/body-keys.ts'
import { ConfirmClient, type SealingKey } from '../../client/index.ts'
import { sealBody } from '../../client/sealed-body.ts'
import { ApiGround, type ApiInstance, CALL, confirm } from './api-ground.ts'
import { type Forged, flipped, jwe } from './jwe.ts'

// Goal: an encrypted body is a body like any other, and every way to forge, stretch, burst or repeat one is refused, with its reason.
const JOSE = { 'content-type': 'application/jose' }
const ACCOUNTS = ['acc-1', 'acc-2', 'acc-3', 'acc-4']
let ground: ApiGround
let api: ApiInstance
let token: string
let rsa: SealingKey
let curve: SealingKey

const publicKeys = () => {
  const path = join(ground.session.folder.keys.folder, BODY_KEY_FILES.public)
  return (JSON.parse(readFileSync(path, 'utf8')) as { keys: SealingKey[] }).keys
}
const keyObject = (key: SealingKey) => createPublicKey({ key: { ...key }, format: 'jwk' })
const nowS = () => Math.floor(Date.now() / 1_000)
const head = () => ({
  alg: 'RSA-OAEP-256',
  enc: 'A256GCM',
  kid: rsa.kid,
  cty: 'json',
  jti: randomUUID(),
  iat: nowS(),
  exp: nowS() + 60,
})
const own = (n: number) => ({
  ...CALL,
  transaction_id: `tx-j${n}`,
  idempotency_key: `k-j${n}`,
  from_account: `acc-${n}`,
})
const forge = (forged: Partial<Forged>) => jwe(keyObject(rsa), head(), { payload: JSON.stringify(own(9)), ...forged })

beforeAll(async () => {
  ground = await ApiGround.open()
  await ground.decide()
  const { folder } = ground.session.folder.keys
  await addBodyKey(folder, 'RSA-OAEP-256')
  await addBodyKey(folder, 'ECDH-ES')
  ;[curve, rsa] = publicKeys() as [SealingKey, SealingKey]
  api = await ground.serve('one')
  token = await ground.token('usr-1', ACCOUNTS)
}, 60_000)
afterAll(() => ground.close())

const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const REPLAYED = randomUUID()

const BAD: readonly (readonly [why: string, make: () => string | Promise<string>, status: number, code: string])[] = [
  ['nothing', () => '', 400, 'JWE_FORM'],
  ['JSON in clear', () => JSON.stringify(own(9)), 400, 'JWE_FORM'],
  ['four parts', () => forge({ parts: (parts) => parts.slice(1) }), 400, 'JWE_FORM'],
  ['six parts', () => forge({ parts: (parts) => [...parts, 'AAAA'] }), 400, 'JWE_FORM'],
  ['a signed token', () => 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA', 400, 'JWE_FORM'],
  ['a head that is no JSON', () => forge({ headText: '{"alg"' }), 400, 'JWE_FORM'],
  ['a head that is a list', () => forge({ headText: '[]' }), 400, 'JWE_HEAD'],
  ['no kid', () => forge({ head: { kid: undefined } }), 400, 'JWE_KEY'],
  ['a kid of nobody', () => forge({ head: { kid: 'other' } }), 400, 'JWE_KEY'],
  ['a key of a stranger under our kid', () => jwe(stranger.publicKey, head(), { payload: '{}' }), 400, 'JWE_OPEN'],
  ['RSA1_5', () => forge({ head: { alg: 'RSA1_5' } }), 400, 'JWE_ALGORITHM'],
  ['RSA-OAEP with SHA-1', () => forge({ head: { alg: 'RSA-OAEP' } }), 400, 'JWE_ALGORITHM'],
  ['alg none', () => forge({ head: { alg: 'none' } }), 400, 'JWE_ALGORITHM'],
  [
    'dir, with a key that the caller chose',
    () => forge({ head: { alg: 'dir' }, parts: ([a = '', , ...rest]) => [a, '', ...rest] }),
    400,
    'JWE_ALGORITHM',
  ],
  ['a password', () => forge({ head: { alg: 'PBES2-HS256+A128KW', p2c: 1e9 } }), 400, 'JWE_ALGORITHM'],
  ['the curve’s alg for the RSA key', () => forge({ head: { alg: 'ECDH-ES' } }), 400, 'JWE_ALGORITHM'],
  ['the RSA alg for the key of the curve', () => forge({ head: { kid: curve.kid } }), 400, 'JWE_ALGORITHM'],
  [
    'ECDH-ES on another curve',
    () => forge({ head: { alg: 'ECDH-ES', kid: curve.kid, epk: { kty: 'EC', crv: 'P-384', x: '', y: '' } } }),
    400,
    'JWE_ALGORITHM',
  ],
  [
    'ECDH-ES with a point off the curve',
    () => forge({ head: { alg: 'ECDH-ES', kid: curve.kid, epk: { kty: 'EC', crv: 'P-256', x: 'AQ', y: 'AQ' } } }),
    400,
    'JWE_OPEN',
  ],
  ['A128CBC-HS256', () => forge({ head: { enc: 'A128CBC-HS256' } }), 400, 'JWE_ALGORITHM'],
  [
    'compressed',
    () => forge({ head: { zip: 'DEF' }, payload: deflateRawSync(JSON.stringify(own(9))) }),
    400,
    'JWE_COMPRESSED',
  ],
  [
    'a bomb of 10 MB',
    () => forge({ head: { zip: 'DEF' }, payload: deflateRawSync(Buffer.alloc(10_000_000)) }),
    400,
    'JWE_COMPRESSED',
  ],
  ['a critical extension', () => forge({ head: { crit: ['b64'], b64: false } }), 400, 'JWE_HEAD'],
  [
    'a key that it brings',
    () => forge({ head: { jwk: stranger.publicKey.export({ format: 'jwk' }) } }),
    400,
    'JWE_HEAD',
  ],
  ['an address of keys', () => forge({ head: { jku: 'https://keys.example' } }), 400, 'JWE_HEAD'],
  ['nested, as it says', () => forge({ head: { cty: 'JWT' }, payload: forge({}) }), 400, 'JWE_NESTED'],
  ['nested in fact', () => forge({ payload: forge({}) }), 400, 'BAD_JSON'],
  [
    'another head than was encrypted',
    () => forge({ parts: ([, ...rest]) => [Buffer.from(JSON.stringify(head())).toString('base64url'), ...rest] }),
    400,
    'JWE_OPEN',
  ],
  ['a changed key', () => forge({ parts: (parts) => parts.with(1, flipped(parts[1] ?? '')) }), 400, 'JWE_OPEN'],
  ['a changed iv', () => forge({ parts: (parts) => parts.with(2, flipped(parts[2] ?? '')) }), 400, 'JWE_OPEN'],
  ['changed content', () => forge({ parts: (parts) => parts.with(3, flipped(parts[3] ?? '')) }), 400, 'JWE_OPEN'],
  ['a changed tag', () => forge({ parts: (parts) => parts.with(4, flipped(parts[4] ?? '')) }), 400, 'JWE_OPEN'],
  ['a tag of 4 bytes', () => forge({ parts: (parts) => parts.with(4, 'AAAAAA') }), 400, 'JWE_OPEN'],
  ['no jti', () => forge({ head: { jti: undefined } }), 400, 'JWE_HEAD'],
  ['a jti that can be guessed', () => forge({ head: { jti: '1' } }), 400, 'JWE_HEAD'],
  ['no exp', () => forge({ head: { exp: undefined } }), 400, 'JWE_HEAD'],
  ['exp as text', () => forge({ head: { exp: '9999999999' } }), 400, 'JWE_HEAD'],
  ['expired', () => forge({ head: { iat: nowS() - 300, exp: nowS() - 60 } }), 400, 'JWE_EXPIRED'],
  ['a life of a day', () => forge({ head: { exp: nowS() + 86_400 } }), 400, 'JWE_LIFE'],
  ['from the future', () => forge({ head: { iat: nowS() + 120, exp: nowS() + 180 } }), 400, 'JWE_LIFE'],
  [
    'the same again',
    async () => {
      const sealed = forge({ head: { jti: REPLAYED }, payload: JSON.stringify({ ...own(9), amount: 'x' }) })
      expect((await confirm(api, token, sealed, JOSE)).json['code']).toBe('BAD_AMOUNT')
      return sealed
    },
    400,
    'JWE_REPLAYED',
  ],
  ['other content under a jti that was sent', () => forge({ head: { jti: REPLAYED } }), 400, 'JWE_REPLAYED'],
  ['over 24 KiB', () => forge({ payload: Buffer.alloc(20_000, 32) }), 413, 'TOO_LARGE'],
  ['over 16 KiB when it is open', () => forge({ payload: Buffer.alloc(17_000, 32) }), 413, 'TOO_LARGE'],
  ['a field that no payment has', () => forge({ payload: JSON.stringify({ ...own(9), a: 1 }) }), 400, 'UNKNOWN_FIELD'],
  ['a verification code', () => forge({ payload: JSON.stringify({ ...own(9), cvv: '123' }) }), 400, 'SAD_NOT_ALLOWED'],
]

test.each(BAD)('SPEC C1: an encrypted body is refused: %s', async (_why, make, status, code) => {
  const answer = await confirm(api, token, await make(), JOSE)
  expect([answer.status, answer.json['code']]).toEqual([status, code])
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
})

test('SPEC C1: a body for either key confirms a payment, and the same call in clear gets the same bytes', async () => {
  for (const [n, key] of [rsa, curve].entries()) {
    const body = own(n + 1)
    const sealed = await confirm(api, token, await sealBody(JSON.stringify(body), key), JOSE)
    expect([sealed.status, sealed.json['status']]).toEqual([200, 'SUCCESS'])
    const clear = await confirm(api, token, body)
    expect([clear.text, clear.headers.get('idempotent-replayed')]).toEqual([sealed.text, 'true'])
  }
})

test('SPEC C1: the client encrypts each try anew; a rotated key opens until the rotation after', async () => {
  const client = new ConfirmClient({ url: api.url, token: () => token, encryptTo: () => rsa })
  expect((await client.confirm(own(3))).replayed).toBe(false)
  expect((await client.confirm(own(3))).replayed).toBe(true)
  const { folder } = ground.session.folder.keys
  const kid = await addBodyKey(folder, 'ECDH-ES')
  expect(publicKeys().map((key) => key.kid)).toEqual([kid, curve.kid])
  expect(JSON.stringify(publicKeys())).not.toMatch(/"(?:d|p|q|dp|dq|qi)":/)
  const newest = publicKeys()[0] as SealingKey
  const fresh = await until(
    async () => confirm(api, token, await sealBody(JSON.stringify(own(4)), newest), JOSE),
    ({ json }) => json['code'] !== 'JWE_KEY',
  )
  expect(fresh.status).toBe(200)
  const kept = await confirm(api, token, await sealBody(JSON.stringify(own(4)), curve), JOSE)
  expect(kept.text).toBe(fresh.text)
  const dropped = await confirm(api, token, await sealBody(JSON.stringify(own(4)), rsa), JOSE)
  expect([dropped.status, dropped.json['code']]).toEqual([400, 'JWE_KEY'])
})

test('SPEC C1: without keys encrypted bodies are a type that is not taken', async () => {
  const bare = await ApiGround.open()
  try {
    const instance = await bare.serve('bare')
    const answer = await confirm(instance, await bare.token('usr-1', ['acc-1']), forge({}), JOSE)
    expect([answer.status, answer.json['code']]).toEqual([415, 'UNSUPPORTED_TYPE'])
  } finally {
    await bare.close()
  }
})

test('SPEC C1: an id is remembered for as long as its body lives, and at the bound new ones are refused, none forgotten', () => {
  const clock = { ms: 0 }
  const cache = new ReplayCache(2, 1_000, () => clock.ms)
  expect(['a', 'b', 'c', 'a'].map((id) => cache.add(id))).toEqual(['first', 'first', 'full', 'again'])
  clock.ms = 1_000
  expect(['c', 'a', 'd', 'e'].map((id) => cache.add(id))).toEqual(['first', 'again', 'first', 'full'])
  clock.ms = 1_999
  expect(cache.add('b')).toBe('again')
  clock.ms = 2_000
  expect(['a', 'c'].map((id) => cache.add(id))).toEqual(['first', 'again'])
})

async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
  }
}
