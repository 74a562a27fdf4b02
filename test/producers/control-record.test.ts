import { generateKeyPairSync, verify } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type ControlStatement,
  encodeControlValue,
  needsSerial,
  signControlRecord,
} from '../../producers/control-record.ts'
import { type ControlRecord, ControlRecordReader } from '../../schemas/generated/control-record.ts'
import { CONTROL_KIND_SYMBOLS } from '../../schemas/generated/enums.ts'
import { PaymentsDriver, SCHEMA_IDS, START_MS } from '../support/payments-driver.ts'

// Goal: what this side signs, the chain's own check accepts; and nothing of it can be changed without the signature breaking.
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const SIGNER = { keyId: 'ops', privateKey }
const SIGNERS = [
  { id: 'ops', publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(), kinds: CONTROL_KIND_SYMBOLS },
]
const BLOCKED: ControlStatement = {
  kind: 'ACCOUNT_BLOCKED',
  eventTime: START_MS,
  accountId: 'ACC-1',
  actor: 'alice',
  partition: 0,
  serial: 1,
}

function opened(record: ControlRecord): ControlRecordReader {
  const value = encodeControlValue(record, SCHEMA_IDS.control)
  const reader = new ControlRecordReader()
  expect(reader.wrap(value, new DataView(value.buffer), 5, value.length)).toBe(0)
  return reader
}

/** As the chain does it: over the bytes of every field before the signature. */
function isValid(reader: ControlRecordReader): boolean {
  const content = reader.buffer.subarray(reader.kindField, reader.signatureField)
  return verify(null, content, publicKey, reader.buffer.subarray(reader.signatureAt, reader.signatureEnd))
}

test('SPEC S7: a signed statement takes effect, and reads back as it was said', () => {
  const driver = new PaymentsDriver({ signers: SIGNERS })
  const value = encodeControlValue(signControlRecord(BLOCKED, SIGNER), SCHEMA_IDS.control)
  expect(driver.submit(new TextEncoder().encode('ACC-1'), value).disposition).toBe('control-applied')
  expect(driver.decide()).toMatchObject({ outcome: 'block', decidedBy: 'HARD_BLOCK' })
  expect(opened(signControlRecord(BLOCKED, SIGNER)).toObject()).toMatchObject({ ...BLOCKED, signerKeyId: 'ops' })
})

test('SPEC S7: the signature covers content, partition and serial', () => {
  const signed = signControlRecord(BLOCKED, SIGNER)
  expect(isValid(opened(signed))).toBe(true)
  const changes: readonly Partial<ControlRecord>[] = [
    { kind: 'ACCOUNT_LIFTED' },
    { eventTime: START_MS + 1 },
    { accountId: 'ACC-2' },
    { decisionId: '0-0' },
    { until: START_MS },
    { subject: 'k1' },
    { rules: '{}' },
    { failedCodes: 1 },
    { actor: 'mallory' },
    { reason: 'because' },
    { partition: 1 },
    { serial: 2 },
    { signerKeyId: 'other' },
  ]
  for (const change of changes) expect(isValid(opened({ ...signed, ...change })), JSON.stringify(change)).toBe(false)
})

test('SPEC S7: property: no bit of a signed record can be flipped', () => {
  const value = encodeControlValue(signControlRecord(BLOCKED, SIGNER), SCHEMA_IDS.control)
  const view = new DataView(value.buffer)
  fc.assert(
    fc.property(fc.nat({ max: value.length * 8 - 41 }), (bit) => {
      const at = 5 + (bit >> 3)
      value[at]! ^= 1 << (bit & 7)
      const reader = new ControlRecordReader()
      const readable = reader.wrap(value, view, 5, value.length) === 0
      const accepted = readable && isValid(reader)
      value[at]! ^= 1 << (bit & 7)
      expect(accepted).toBe(false)
    }),
  )
})

// biome-ignore format: a table
const REFUSED = [
  { why: 'a standing needs a serial',               statement: { ...BLOCKED, serial: 0 },                              error: /serial 0/ },
  { why: 'serials are positive',                    statement: { ...BLOCKED, serial: -1 },                             error: /serial -1/ },
  { why: 'an end of a challenge has none',          statement: { ...BLOCKED, kind: 'CHALLENGE_PASSED', serial: 1 },    error: /serial 1/ },
  { why: 'a serial that a double cannot hold',      statement: { ...BLOCKED, serial: 2 ** 53 },                        error: /2\^53/ },
] as const satisfies readonly { why: string; statement: ControlStatement; error: RegExp }[]
test.each(REFUSED)('SPEC S7: $why', ({ statement, error }) =>
  expect(() => signControlRecord(statement, SIGNER)).toThrow(error),
)

test('SPEC S7: another kind of key is refused before anything is signed', () => {
  const rsa = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  expect(() => signControlRecord(BLOCKED, { keyId: 'ops', privateKey: rsa.privateKey })).toThrow(/Ed25519/)
  expect(() => signControlRecord(BLOCKED, { keyId: 'ops', privateKey: publicKey })).toThrow(/private/)
})

test('SPEC S7: which kinds are single by their decision id', () => {
  expect(CONTROL_KIND_SYMBOLS.filter((kind) => !needsSerial(kind))).toEqual([
    'CHALLENGE_PASSED',
    'CHALLENGE_FAILED',
    'CHALLENGE_EXPIRED',
    'REVIEW_APPROVED',
    'REVIEW_DECLINED',
  ])
})
