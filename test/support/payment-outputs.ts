import { FRAME_BYTES, readFrame } from '../../schemas/avro/framing.ts'
import { type Alert, AlertReader } from '../../schemas/generated/alert.ts'
import { type DeadLetter, DeadLetterReader } from '../../schemas/generated/dead-letter.ts'
import { type Decision, DecisionReader } from '../../schemas/generated/decision.ts'
import { type Duplicate, DuplicateReader } from '../../schemas/generated/duplicate.ts'
import { type FraudAction, FraudActionReader } from '../../schemas/generated/fraud-action.ts'
import { type Resolution, ResolutionReader } from '../../schemas/generated/resolution.ts'
import { type ShadowVerdict, ShadowVerdictReader } from '../../schemas/generated/shadow-verdict.ts'

/** Everything the chain writes, decoded, in the order it was written within each kind. */
export interface PaymentOutputs {
  readonly decisions: Decision[]
  readonly resolutions: Resolution[]
  readonly duplicates: Duplicate[]
  readonly deadLetters: DeadLetter[]
  readonly alerts: Alert[]
  readonly actions: FraudAction[]
  readonly shadowVerdicts: ShadowVerdict[]
}

interface Reader {
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): number
  toObject(): unknown
}

/** By schema id of the local registry: where a decoded value goes. */
const KINDS: Readonly<Record<number, { readonly list: keyof PaymentOutputs; readonly reader: Reader }>> = {
  3: { list: 'decisions', reader: new DecisionReader() },
  4: { list: 'resolutions', reader: new ResolutionReader() },
  5: { list: 'deadLetters', reader: new DeadLetterReader() },
  15: { list: 'alerts', reader: new AlertReader() },
  7: { list: 'actions', reader: new FraudActionReader() },
  8: { list: 'duplicates', reader: new DuplicateReader() },
  12: { list: 'shadowVerdicts', reader: new ShadowVerdictReader() },
}

export function noOutputs(): PaymentOutputs {
  return {
    decisions: [],
    resolutions: [],
    duplicates: [],
    deadLetters: [],
    alerts: [],
    actions: [],
    shadowVerdicts: [],
  }
}

/** Decodes one framed output value and puts it where it belongs. Throws when it is none. */
export function addOutput(outputs: PaymentOutputs, value: Uint8Array | null): void {
  if (value === null) throw new Error('an output has no value')
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const schemaId = readFrame(view, 0, value.length)
  const kind = KINDS[schemaId]
  if (kind === undefined) throw new Error(`an output has schema id ${schemaId}`)
  const code = kind.reader.wrap(value, view, FRAME_BYTES, value.length)
  if (code !== 0) throw new Error(`an output of schema id ${schemaId} does not decode: code ${code}`)
  ;(outputs[kind.list] as unknown[]).push(kind.reader.toObject())
}
