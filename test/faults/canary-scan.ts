import { FRAME_BYTES, readFrame } from '../../schemas/avro/framing.ts'
import { AlertReader } from '../../schemas/generated/alert.ts'
import { DeadLetterReader } from '../../schemas/generated/dead-letter.ts'
import { DecisionReader } from '../../schemas/generated/decision.ts'
import { DuplicateReader } from '../../schemas/generated/duplicate.ts'
import { FraudActionReader } from '../../schemas/generated/fraud-action.ts'
import { ResolutionReader } from '../../schemas/generated/resolution.ts'
import { ShadowVerdictReader } from '../../schemas/generated/shadow-verdict.ts'
import { digitsOf } from '../processors/mask/card-disguises.ts'
import { CANARIES, SHORT_CVV } from './canaries.ts'

/** One finding: which canary, in which form, where. */
export interface Finding {
  readonly where: string
  readonly canary: string
  readonly form: string
}

interface Needle {
  readonly canary: string
  readonly form: string
  readonly bytes: Buffer
}

const READERS = {
  3: new DecisionReader(),
  4: new ResolutionReader(),
  5: new DeadLetterReader(),
  15: new AlertReader(),
  7: new FraudActionReader(),
  8: new DuplicateReader(),
  12: new ShadowVerdictReader(),
} as const

/** The forms in which bytes are looked for. Base64 has three, by where the text begins in its group of three bytes. */
export function formsOf(text: string): readonly { readonly form: string; readonly text: string }[] {
  const hex = Buffer.from(text).toString('hex')
  const forms = [
    { form: 'text', text },
    { form: 'hex', text: hex },
    { form: 'HEX', text: hex.toUpperCase() },
  ]
  for (let shift = 0; shift < 3; shift++) {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)])
    const first = Math.ceil((shift * 8) / 6)
    const last = Math.floor((bytes.length * 8) / 6)
    for (const encoding of ['base64', 'base64url'] as const) {
      forms.push({ form: `${encoding} at ${shift}`, text: bytes.toString(encoding).slice(first, last) })
    }
  }
  return forms
}

/** Looks for canaries, and for whatever else is given, in bytes and in decoded records; counts what it has looked at. */
export class CanaryScan {
  readonly findings: Finding[] = []
  items = 0
  bytes = 0
  private readonly needles: readonly Needle[]
  private readonly cards: readonly string[]

  /** `texts` are looked for besides the canaries, in the same forms; `cards` are looked for in any script of digits. */
  constructor(texts: readonly string[] = [], cards: readonly string[] = []) {
    const all = [...Object.entries(CANARIES), ...texts.map((text) => [`"${text}"`, text] as const)]
    this.needles = all.flatMap(([canary, text]) =>
      formsOf(text).map(({ form, text: spelled }) => ({ canary, form, bytes: Buffer.from(spelled) })),
    )
    this.cards = [CANARIES.pan, ...cards]
  }

  /** Any bytes: a file, a stream of a process. */
  raw(where: string, bytes: Uint8Array): void {
    this.items++
    this.bytes += bytes.length
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    for (const { canary, form, bytes: needle } of this.needles) {
      if (haystack.includes(needle)) this.findings.push({ where, canary, form })
    }
  }

  /** An output record: its bytes, and each text that its value decodes to. */
  output(where: string, key: Uint8Array | null, value: Uint8Array | null): void {
    this.raw(`${where} key`, key ?? new Uint8Array(0))
    this.raw(`${where} value`, value ?? new Uint8Array(0))
    if (value !== null) for (const text of textsOf(decode(value))) this.field(where, text)
  }

  /** A row as JSON: its bytes, and each text in it. */
  json(where: string, json: string): void {
    this.raw(where, Buffer.from(json))
    for (const text of textsOf(JSON.parse(json))) this.field(where, text)
  }

  /** A text as it stands. */
  text(where: string, text: string): void {
    this.raw(where, Buffer.from(text))
    this.field(where, text)
  }

  private field(where: string, text: string): void {
    this.items++
    const digits = digitsOf(text)
    const card = this.cards.find((number) => digits.includes(number))
    if (card !== undefined) this.findings.push({ where, canary: card, form: 'digits' })
    // As a word: the digits of a hash or of a time are none.
    if (text.split(/[^0-9A-Za-z]+/).includes(SHORT_CVV))
      this.findings.push({ where, canary: 'short cvv', form: 'word' })
  }
}

function decode(value: Uint8Array): unknown {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const schemaId = readFrame(view, 0, value.length)
  const reader = READERS[schemaId as keyof typeof READERS]
  if (reader === undefined) throw new Error(`a record has schema id ${schemaId}`)
  if (reader.wrap(value, view, FRAME_BYTES, value.length) !== 0) throw new Error('a record does not decode')
  return reader.toObject()
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
