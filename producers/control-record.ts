import { type KeyObject, sign } from 'node:crypto'
import { FRAME_BYTES, putFrame } from '../schemas/avro/framing.ts'
import { type ControlRecord, controlRecordDefaults, encodeControlRecord } from '../schemas/generated/control-record.ts'
import { type ControlKind, ControlKindOrdinal } from '../schemas/generated/enums.ts'

/** Who signs: the key id by which the chain knows the signer, and its private Ed25519 key (SPEC S7). */
export interface ControlSigner {
  readonly keyId: string
  readonly privateKey: KeyObject
}

/**
 * What a control record says. `partition` is the one input partition in which it is to hold; `serial` is above the last of this signer
 * there, and left out for the ends of challenges and reviews.
 */
export type ControlStatement = Partial<ControlRecord> &
  Pick<ControlRecord, 'kind' | 'eventTime' | 'actor' | 'partition'> & {
    readonly signature?: never
    readonly signerKeyId?: never
  }

const NO_SIGNATURE = new Uint8Array(0)

/** SPEC S7: the ends of challenges and reviews are single by their decision id and need no serial. */
export function needsSerial(kind: ControlKind): boolean {
  return ControlKindOrdinal[kind] < ControlKindOrdinal.CHALLENGE_PASSED
}

/**
 * Signs a statement: Ed25519 over the Avro encoding of every field before the signature, so over content, partition and serial.
 *
 * Throws: TypeError for a key that is not Ed25519; RangeError for a statement that every partition would refuse: a serial that is
 * missing or not positive where the kind needs one, or one where it needs none; a number outside its Avro type.
 */
export function signControlRecord(statement: ControlStatement, { keyId, privateKey }: ControlSigner): ControlRecord {
  if (privateKey.asymmetricKeyType !== 'ed25519' || privateKey.type !== 'private') {
    throw new TypeError(`signer ${keyId}: control records are signed with a private Ed25519 key`)
  }
  const { kind, serial = 0 } = statement
  if (needsSerial(kind) ? !(serial > 0) : serial !== 0) {
    throw new RangeError(`${kind}: serial ${serial}; it is positive, and 0 for CHALLENGE_* and REVIEW_*`)
  }
  const record = { ...controlRecordDefaults, ...statement, serial, signerKeyId: keyId, signature: NO_SIGNATURE }
  return { ...record, signature: sign(null, signedContent(record), privateKey) }
}

/** The record's value in the Confluent wire format, ready to be appended under the account's key. */
export function encodeControlValue(record: ControlRecord, controlSchemaId: number): Uint8Array {
  const avro = encodeControlRecord(record)
  const value = new Uint8Array(FRAME_BYTES + avro.length)
  putFrame(new DataView(value.buffer), 0, controlSchemaId)
  value.set(avro, FRAME_BYTES)
  return value
}

/** Every field before the signature, which is the last one and takes one byte when it is empty. */
function signedContent(record: ControlRecord): Uint8Array {
  return encodeControlRecord({ ...record, signature: NO_SIGNATURE }).subarray(0, -1)
}
