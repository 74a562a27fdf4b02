import avsc from 'avsc'
import { type AvroType, parseSchema } from '../../schemas/avro/schema.ts'
import { AlertReader, encodeAlert, writeAlert } from '../../schemas/generated/alert.ts'
import { ControlRecordReader, encodeControlRecord, writeControlRecord } from '../../schemas/generated/control-record.ts'
import { DeadLetterReader, encodeDeadLetter, writeDeadLetter } from '../../schemas/generated/dead-letter.ts'
import { DecisionReader, encodeDecision, writeDecision } from '../../schemas/generated/decision.ts'
import { DuplicateReader, encodeDuplicate, writeDuplicate } from '../../schemas/generated/duplicate.ts'
import { encodeFraudAction, FraudActionReader, writeFraudAction } from '../../schemas/generated/fraud-action.ts'
import { encodeHookDelivery, HookDeliveryReader, writeHookDelivery } from '../../schemas/generated/hook-delivery.ts'
import {
  encodePaymentSubmitted,
  PaymentSubmittedReader,
  writePaymentSubmitted,
} from '../../schemas/generated/payment-submitted.ts'
import { encodeResolution, ResolutionReader, writeResolution } from '../../schemas/generated/resolution.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { encodeShadowVerdict, ShadowVerdictReader, writeShadowVerdict } from '../../schemas/generated/shadow-verdict.ts'
import { camel } from '../../schemas/generator/naming.ts'

/** What the tests ask of any generated reader. */
export interface AnyReader {
  end: number
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): number
  toObject(): object
}

type Write = (out: Uint8Array, view: DataView, start: number, source: never) => number

function codec<T>(name: keyof typeof SCHEMAS, reader: AnyReader, encode: (value: T) => Uint8Array, write: Write) {
  const json: unknown = JSON.parse(SCHEMAS[name])
  return {
    name,
    json,
    schema: parseSchema(json),
    reference: referenceOf(json),
    reader,
    encode: encode as (value: never) => Uint8Array,
    write,
  }
}

/** avsc's own long is wrong below -2^52 and refuses what a double still holds; this one goes through BigInt. */
const exactLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => Number(bytes.readBigInt64LE()),
  toBuffer: (value: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(value))
    return bytes
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: Number.isSafeInteger,
  compare: (a: number, b: number) => Math.sign(a - b) as -1 | 0 | 1,
})

/** avsc's type for a schema, with longs exact over the whole range of a number. */
export function referenceOf(json: unknown): avsc.Type {
  const isLong = (value: unknown): boolean => (value as { type?: unknown } | null)?.type === 'long'
  const named = JSON.stringify(json, (_key, value: unknown) =>
    // A logical type would make a long of avsc's own.
    isLong(value) && Object.hasOwn(value as object, 'logicalType') ? 'long' : value,
  )
  return avsc.Type.forSchema(JSON.parse(named) as avsc.Schema, { registry: { long: exactLong } })
}

/** Every record's generated code beside the reference. */
export const RECORDS = [
  codec('PaymentSubmitted', new PaymentSubmittedReader(), encodePaymentSubmitted, writePaymentSubmitted),
  codec('ControlRecord', new ControlRecordReader(), encodeControlRecord, writeControlRecord),
  codec('Decision', new DecisionReader(), encodeDecision, writeDecision),
  codec('Resolution', new ResolutionReader(), encodeResolution, writeResolution),
  codec('DeadLetter', new DeadLetterReader(), encodeDeadLetter, writeDeadLetter),
  codec('Alert', new AlertReader(), encodeAlert, writeAlert),
  codec('FraudAction', new FraudActionReader(), encodeFraudAction, writeFraudAction),
  codec('Duplicate', new DuplicateReader(), encodeDuplicate, writeDuplicate),
  codec('ShadowVerdict', new ShadowVerdictReader(), encodeShadowVerdict, writeShadowVerdict),
  codec('HookDelivery', new HookDeliveryReader(), encodeHookDelivery, writeHookDelivery),
]

/** A value as avsc gives and takes it, in the names and plain objects of our types. */
export function asOurs(type: AvroType, value: unknown): unknown {
  if (type.kind === 'nullable') return value === null ? null : asOurs(type.type, value)
  if (type.kind === 'array') return (value as unknown[]).map((item) => asOurs(type.items, item))
  if (type.kind === 'bytes') return Uint8Array.from(value as Uint8Array)
  if (type.kind !== 'record') return value
  const fields = value as Record<string, unknown>
  return Object.fromEntries(type.fields.map((field) => [camel(field.name), asOurs(field.type, fields[field.name])]))
}

/** Bytes with room behind them, as record buffers have; the room is filled with `filler`. */
export function withSlack(bytes: Uint8Array, filler = 0): { buffer: Uint8Array; view: DataView } {
  const buffer = new Uint8Array(bytes.length + 64).fill(filler)
  buffer.set(bytes)
  return { buffer, view: new DataView(buffer.buffer) }
}
