import { type PaymentSubmitted, paymentSubmittedDefaults } from '../../schemas/generated/payment-submitted.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { JsonObjectError, type JsonScalar, readJsonObject } from '../../schemas/json-object.ts'
import type { ImportedRow } from './import-run.ts'
import type { Line } from './lines.ts'

/** How one field of SPEC R1 is read: by its Avro type. */
interface FieldRule {
  /** The name in the plain payment object. */
  readonly property: string
  readonly type: 'text' | 'whole' | 'decimal' | 'symbol'
  readonly nullable: boolean
  readonly symbols: readonly string[]
}

type AvroType = string | { readonly type: string; readonly symbols?: readonly string[] } | readonly AvroType[]

/** How each Avro type of the schema is read. */
const READINGS: Readonly<Record<string, FieldRule['type']>> = {
  string: 'text',
  long: 'whole',
  double: 'decimal',
  enum: 'symbol',
}

/** Every field that a line may have, from the schema itself. */
const RULES: ReadonlyMap<string, FieldRule> = new Map(
  (JSON.parse(SCHEMAS.PaymentSubmitted) as { fields: { name: string; type: AvroType }[] }).fields.map(
    ({ name, type }) => [name, ruleOf(name, type)],
  ),
)
/** What a line may leave out beside the nullable fields. */
const CHANNEL_DEFAULT = { channel: 'other' } as const
const WHOLE = /^-?[0-9]+$/

/**
 * Turns JSON lines into payments, in file order: one flat object a line with SPEC R1's names. Whole numbers are read
 * from their digits; past 2^53 - 1 they are errors. Raw card data is allowed: the producer masks it before the first
 * byte is written. An absent channel is `other`. Unknown names, keys that come twice and wrong types are bad rows, which
 * say line and field, never a value. Empty lines are skipped.
 */
export async function* readJsonLines(chunks: AsyncIterable<readonly Line[]>): AsyncGenerator<readonly ImportedRow[]> {
  for await (const lines of chunks) yield lines.filter(({ text }) => text?.trim() !== '').map(readLine)
}

function readLine({ number: line, text, problem }: Line): ImportedRow {
  try {
    if (text === null) throw new JsonObjectError(null, `is ${problem}`)
    return { line, payment: paymentOf(readJsonObject(text)), bad: null, label: null, rounded: false }
  } catch (error) {
    if (!(error instanceof JsonObjectError)) throw error
    const bad = { line, field: error.field, reason: error.message }
    return { line, payment: null, bad, label: null, rounded: false }
  }
}

function paymentOf(fields: ReadonlyMap<string, JsonScalar>): PaymentSubmitted {
  const payment: Record<string, string | number | null> = { ...paymentSubmittedDefaults, ...CHANNEL_DEFAULT }
  for (const [name, value] of fields) {
    const rule = RULES.get(name)
    if (rule === undefined) throw new JsonObjectError(name, 'is no field of a payment')
    payment[rule.property] = read(name, value, rule)
  }
  for (const [name, { property }] of RULES) {
    if (payment[property] === undefined) throw new JsonObjectError(name, 'is missing')
  }
  return payment as unknown as PaymentSubmitted
}

function read(name: string, value: JsonScalar, rule: FieldRule): string | number | null {
  if (value.type === 'null' && rule.nullable) return null
  switch (rule.type) {
    case 'text':
      if (value.type === 'string') return value.text
      throw new JsonObjectError(name, 'must be a string')
    case 'whole':
      return readWhole(name, value)
    case 'decimal':
      if (value.type === 'number' && Number.isFinite(Number(value.text))) return Number(value.text)
      throw new JsonObjectError(name, 'must be a number')
    case 'symbol':
      if (value.type === 'string' && rule.symbols.includes(value.text)) return value.text
      throw new JsonObjectError(name, `must be one of ${rule.symbols.join(', ')}`)
  }
}

function readWhole(name: string, value: JsonScalar): number {
  if (value.type !== 'number' || !WHOLE.test(value.text)) {
    throw new JsonObjectError(name, 'must be a whole number, written with digits only')
  }
  const number = Number(value.text)
  if (!Number.isSafeInteger(number)) throw new JsonObjectError(name, 'is beyond 2^53 - 1')
  // Adding 0 makes -0 an ordinary 0.
  return number + 0
}

function ruleOf(name: string, type: AvroType): FieldRule {
  const property = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  if (typeof type === 'object' && 'length' in type) {
    const inner = type.find((branch) => branch !== 'null')
    if (inner === undefined) throw new TypeError(`${name} can only be null`)
    return { ...ruleOf(name, inner), nullable: true }
  }
  const { type: plain, symbols = [] } = typeof type === 'string' ? { type } : type
  const reading = READINGS[plain]
  if (reading === undefined) throw new TypeError(`${name}: JSON lines cannot hold the Avro type ${plain}`)
  return { property, type: reading, nullable: false, symbols }
}
