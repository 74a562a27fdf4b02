import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Webhook as Reference } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { parseSecrets, signedHeaders } from '../../../redis-alerts/hooks/signature.ts'

const secret = (bytes = 32) => `whsec_${randomBytes(bytes).toString('base64')}`
const BODY = '{"type":"fraud.action.block_card"}'

test('SPEC A5: a signature is to the letter what the reference makes of any id, body and key', () => {
  const nowMs = Date.now()
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array({ minLength: 24, maxLength: 64 }),
      (id, body, bytes) => {
        const key = `whsec_${Buffer.from(bytes).toString('base64')}`
        const headers = signedHeaders(parseSecrets(key), id, nowMs, body)
        expect(headers['webhook-signature']).toBe(new Reference(key).sign(id, new Date(nowMs), body))
      },
    ),
  )
})

test('SPEC A5: the reference accepts a message, and refuses it with another id, body, time or key', () => {
  const key = secret()
  const signed = { ...signedHeaders(parseSecrets(key), '3-5-BLOCK_CARD', Date.now(), BODY) }
  const reference = new Reference(key)
  expect(reference.verify(BODY, signed)).toEqual(JSON.parse(BODY))
  expect(() => reference.verify(BODY, { ...signed, 'webhook-id': '3-6-BLOCK_CARD' })).toThrow('No matching signature')
  expect(() => reference.verify(`${BODY} `, signed)).toThrow('No matching signature')
  expect(() => reference.verify(BODY, { ...signed, 'webhook-timestamp': '1' })).toThrow('timestamp too old')
  expect(() => new Reference(secret()).verify(BODY, signed)).toThrow('No matching signature')
})

test('SPEC A5: while keys are rotated a receiver with the old one and one with the new one accept the same message', () => {
  const [former, next] = [secret(), secret()]
  const signed = { ...signedHeaders(parseSecrets(`${next}\n${former}\n`), 'id', Date.now(), BODY) }
  for (const key of [former, next]) expect(new Reference(key).verify(BODY, signed)).toEqual(JSON.parse(BODY))
})

const BAD_SECRETS = [
  { why: 'empty', text: '\n' },
  { why: 'three keys', text: [secret(), secret(), secret()].join('\n') },
  { why: 'no prefix', text: randomBytes(32).toString('base64') },
  { why: 'too short', text: secret(23) },
  { why: 'too long', text: secret(65) },
  { why: 'not base64', text: `whsec_${'*'.repeat(40)}` },
]

test.each(BAD_SECRETS)(
  'SPEC A5: a secrets file that is $why is refused, and the message holds nothing of it',
  ({ text }) => {
    expect(() => parseSecrets(text)).toThrow(/^(?:line 1 )?must /)
    try {
      parseSecrets(text)
    } catch (error) {
      for (const line of text.split('\n').filter((part) => part.length > 8)) {
        expect((error as Error).message).not.toContain(line.slice(6))
      }
    }
  },
)
