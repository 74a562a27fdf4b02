import { type Encoded, encoded, putEncoded, putLong, putRaw } from '../../schemas/avro/bytes.ts'
import { putFrame } from '../../schemas/avro/framing.ts'
import { CURRENCIES } from '../../schemas/currencies.ts'
import { type DecisionSource, writeDecision } from '../../schemas/generated/decision.ts'
import { ACTION_SYMBOLS } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import type { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import type { Sink } from '../../streams/topology.ts'
import { MaskedFields } from '../mask/masked-fields.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { encodeOrdinals } from '../score/compiled-rules.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { severityOf } from '../velocity/velocity.ts'
import { putCoordinates } from './put-coordinates.ts'
import { SEMANTICS_VERSION } from './semantics-version.ts'

/** What a decision adds to the fields that it takes from its payment, at most, without peers. */
const ADDED_BYTES_MAX = 2_048

/** The Avro arrays of all combinations of actions. */
const ACTION_ARRAYS = Array.from({ length: 2 ** ACTION_SYMBOLS.length }, (_, bits) =>
  encoded(encodeOrdinals(bits, ACTION_SYMBOLS.length)),
)

/** The sink of decisions; it keeps one writer for its life. */
export function writeDecisions(): Sink<PaymentSubmittedReader, PaymentDraft, PaymentStores>['write'] {
  let writer: DecisionWriter | null = null
  return (payment, draft, stores, out) => {
    writer ??= new DecisionWriter(payment, draft, stores)
    writer.write(payment, draft, stores, out)
  }
}

/** Writes decisions: pass-through fields are copied as bytes, masked ones made by `MaskedFields`, the rest is the draft's. */
class DecisionWriter implements DecisionSource {
  private payment: PaymentSubmittedReader
  private draft: PaymentDraft
  private readonly masked: MaskedFields
  private readonly schemaId: number
  private readonly inputTopic: Encoded
  readonly semanticsVersion: number = SEMANTICS_VERSION

  constructor(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores) {
    this.payment = payment
    this.draft = draft
    this.masked = new MaskedFields(payment, draft, stores.masking)
    this.schemaId = stores.tools.schemaIds.decision
    this.inputTopic = encoded(stores.tools.inputTopicBytes)
  }

  write(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores, out: RecordBatchWriter): void {
    this.payment = payment
    this.draft = draft
    this.masked.of(payment, draft, stores.masking)
    out.begin(draft.appendTimeMs, payment.buffer, draft.keyAt, draft.keyLength)
    out.reserve(draft.valueLength + draft.peersLength + ADDED_BYTES_MAX)
    const at = putFrame(out.view, out.at, this.schemaId)
    out.at = writeDecision(out.bytes, out.view, at, this)
    out.end()
  }

  putDecisionId(out: Uint8Array, _view: DataView, at: number): number {
    return putCoordinates(out, at, this.draft.partition, this.draft.offset)
  }
  putTransactionIdThroughDeviceId(out: Uint8Array, view: DataView, at: number): number {
    const { payment, draft } = this
    const next = this.masked.putTransactionIdThroughDeviceId(out, view, at)
    // A currency may come in lower case; it leaves in its own form.
    const currencyAt = at + payment.currencyAt - payment.transactionIdField
    const code = CURRENCIES.bytes(draft.currency)
    for (let i = 0; i < code.length; i++) out[currencyAt + i] = code[i]!
    return next
  }
  putMaskKeyIdThroughMemo(out: Uint8Array, view: DataView, at: number): number {
    return this.masked.putMaskKeyIdThroughMemo(out, view, at)
  }
  putMaskings(out: Uint8Array, view: DataView, at: number): number {
    return this.masked.putMaskings(out, view, at)
  }
  get velocityCount(): number {
    return this.draft.velocityCount
  }
  get isVelocityFraud(): boolean {
    return this.draft.isVelocityFraud
  }
  putVelocityFraudPeers(out: Uint8Array, _view: DataView, at: number): number {
    const { peers, peersCount, peersLength } = this.draft
    if (peersCount === 0) return putLong(out, at, 0)
    const from = putLong(out, at, peersCount)
    const end = putRaw(out, from, peers.subarray(0, peersLength))
    out[end] = 0
    return end + 1
  }
  get severity(): number {
    const { isVelocityFraud, velocityCount, saturated } = this.draft
    return isVelocityFraud ? severityOf(velocityCount, saturated) : 0
  }
  get late(): boolean {
    return this.draft.late
  }
  get saturated(): boolean {
    return this.draft.saturated
  }
  get excused(): boolean {
    return this.draft.excused
  }
  get velocity5mCount(): number {
    return this.draft.velocity5mCount
  }
  get devices1h(): number {
    return this.draft.devices1h
  }
  get regions1h(): number {
    return this.draft.regions1h
  }
  get fraudCount(): number {
    return this.draft.fraudCount
  }
  get baselinePayments(): number {
    return this.draft.baselinePayments
  }
  get fraudScore(): number {
    return this.draft.fraudScore
  }
  putReasons(_out: Uint8Array, view: DataView, at: number): number {
    const { rules, hits, excused } = this.draft
    return putEncoded(view, at, rules.reasons(hits, excused).encoded)
  }
  putNotEvaluated(_out: Uint8Array, view: DataView, at: number): number {
    return putEncoded(view, at, this.draft.rules.signalArray(this.draft.missing))
  }
  get outcome(): number {
    return this.draft.outcome
  }
  get decidedBy(): number {
    return this.draft.decidedBy
  }
  putActions(_out: Uint8Array, view: DataView, at: number): number {
    return putEncoded(view, at, ACTION_ARRAYS[this.draft.actions]!)
  }
  putRuleVersion(_out: Uint8Array, view: DataView, at: number): number {
    return putEncoded(view, at, this.draft.rules.encodedVersion)
  }
  putRuleHash(_out: Uint8Array, view: DataView, at: number): number {
    return putEncoded(view, at, this.draft.rules.encodedHash)
  }
  putInputTopic(_out: Uint8Array, view: DataView, at: number): number {
    return putEncoded(view, at, this.inputTopic)
  }
  get inputPartition(): number {
    return this.draft.partition
  }
  get inputOffset(): number {
    return this.draft.offset
  }
  get appendTime(): number {
    return this.draft.appendTimeMs
  }
  get paymentSchemaId(): number {
    return this.draft.schemaId
  }
}
