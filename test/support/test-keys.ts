import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { MaskKey, Signer } from '../../bin/runtime/payment-runtime.ts'
import {
  type ControlRecord,
  controlRecordDefaults,
  encodeControlRecord,
} from '../../schemas/generated/control-record.ts'
import { CONTROL_KIND_SYMBOLS } from '../../schemas/generated/enums.ts'

// Fixed keys, so that every run of a test gives the same bytes. They protect nothing.

/** The key ring of the tests; `k1` is in force until a control record says otherwise. */
export const TEST_MASK_KEYS: readonly MaskKey[] = ['k1', 'k2'].map((id) => ({
  id,
  secret: new TextEncoder().encode(`mask key ${id} of the tests`),
}))

/** 16 bytes. A fresh copy each time: the hash kernel wipes what it is given. */
export const testStateKey = (): Uint8Array => new TextEncoder().encode('state key, tests')

/** PKCS #8 of an Ed25519 key: a fixed prefix and the 32 bytes of the seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

function keyPair(seedByte: number) {
  const der = Buffer.concat([PKCS8_PREFIX, Buffer.alloc(32, seedByte)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString() }
}

const PAIRS = { api: keyPair(1), board: keyPair(2), admin: keyPair(3), stranger: keyPair(4) }

/** Who signs in the tests; `stranger` has a key that nobody knows. */
export type TestSigner = keyof typeof PAIRS

const kindsLike = (pattern: RegExp) => CONTROL_KIND_SYMBOLS.filter((kind) => pattern.test(kind))

/** What each signer may sign (SPEC S7). */
export const TEST_SIGNERS: readonly Signer[] = [
  { id: 'api', publicKey: PAIRS.api.publicKey, kinds: kindsLike(/^CHALLENGE_/) },
  { id: 'board', publicKey: PAIRS.board.publicKey, kinds: kindsLike(/^(REVIEW|ACCOUNT)_/) },
  {
    id: 'admin',
    publicKey: PAIRS.admin.publicKey,
    kinds: kindsLike(/^(RULES_SET|LIST_.*|MASK_KEY_ACTIVATED|ERASURE)$/),
  },
]

/** For what signs by itself. */
export const testPrivateKey = (signer: TestSigner): KeyObject => PAIRS[signer].privateKey

/** What a test says of a control record; the rest has defaults. */
export type ControlFields = Partial<ControlRecord> & Pick<ControlRecord, 'kind' | 'eventTime'>

/** The signed Avro value, without a frame. `serial` counts per signer and partition from 1; 0 where a kind needs none. */
export function signedControl(fields: ControlFields, signer: TestSigner): Uint8Array {
  const unsigned: ControlRecord = {
    ...controlRecordDefaults,
    actor: 'tester',
    partition: 0,
    serial: 0,
    signerKeyId: signer,
    ...fields,
    signature: new Uint8Array(0),
  }
  // The signature covers every field before it, and an empty one is encoded as one byte.
  const content = encodeControlRecord(unsigned).slice(0, -1)
  return encodeControlRecord({ ...unsigned, signature: sign(null, content, PAIRS[signer].privateKey) })
}
