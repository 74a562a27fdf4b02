import { admit } from '../../../processors/admit/admit.ts'
import { KeyRing } from '../../../processors/mask/key-ring.ts'
import { mask } from '../../../processors/mask/mask.ts'
import { KernelTokens, type MaskContext } from '../../../processors/mask/mask-context.ts'
import { PaymentDraft } from '../../../processors/payment-draft.ts'
import { FRAME_BYTES, putFrame } from '../../../schemas/avro/framing.ts'
import { DEAD_LETTER_REASON_SYMBOLS, type DeadLetterReason } from '../../../schemas/generated/enums.ts'
import {
  encodePaymentSubmitted,
  type PaymentSubmitted,
  PaymentSubmittedReader,
  paymentSubmittedDefaults,
} from '../../../schemas/generated/payment-submitted.ts'
import { DISPOSITIONS, type Disposition, PENDING } from '../../../streams/disposition.ts'
import { createHashKernel, HmacTokens } from '../../../streams/hash/index.ts'
import { partitionOf } from '../../../streams/record/partitioner.ts'

// Runs admission and mask on one record, as a task does: its bytes in the kernel's arena, flyweight and draft on top.

const encoder = new TextEncoder()

/** The key ring of the tests: k2 was in force before k1. */
export const SECRETS: Readonly<Record<string, string>> = {
  k1: 'first secret of the tests',
  k2: 'second secret of the tests',
}
const PARTITION_COUNT = 12
export const APPEND_TIME_MS = 1_764_000_000_000

const kernel = createHashKernel({ arenaBytes: 1 << 20 })
const tokens: HmacTokens = new HmacTokens(kernel)

/** The context of a task; tests that change the key in force change it back. */
export const context: MaskContext = {
  partitionCount: PARTITION_COUNT,
  input: kernel.arena,
  keys: new KeyRing(Object.keys(SECRETS)),
  tokens: new KernelTokens(
    kernel,
    tokens,
    Object.values(SECRETS).map((secret) => encoder.encode(secret)),
  ),
  activeKey: 0,
}

/** A payment that passes every check, without personal data. */
export const PLAIN_PAYMENT: PaymentSubmitted = {
  ...paymentSubmittedDefaults,
  transactionId: 'tx-1',
  eventTime: APPEND_TIME_MS,
  senderAccountId: 'ACC-1',
  receiverAccountId: 'ACC-2',
  amountMinor: 1_000,
  currency: 'EUR',
  kind: 'card',
  channel: 'ecommerce',
}

/** The same with every raw field. */
export const RAW_PAYMENT: PaymentSubmitted = {
  ...PLAIN_PAYMENT,
  pan: '4111111111111111',
  expiry: '12/27',
  cvv: '123',
  cardholderName: 'Jane Roe',
  email: 'jane@example.com',
  ip: '203.0.113.9',
}

/** What became of the record: `pending` when it goes on to the next stage. */
export interface Verdict {
  readonly disposition: Disposition
  readonly reason: DeadLetterReason | null
  readonly detail: string
  readonly payment: PaymentSubmittedReader
  readonly draft: PaymentDraft
}

/** Where a record stands, where that is not what the payment says. */
export interface RecordPlace {
  readonly key?: string | null
  readonly partition?: number
  readonly value?: Uint8Array
  /** A draft that was used before, as a task uses one. */
  readonly draft?: PaymentDraft
}

/** Submits a payment; a second call overwrites the bytes of the first. */
export function submit(fields: Partial<PaymentSubmitted>, place: RecordPlace = {}): Verdict {
  const submitted = { ...PLAIN_PAYMENT, ...fields }
  const { key = submitted.senderAccountId, value = encodePaymentSubmitted(submitted) } = place
  tokens.reset()
  const payment = new PaymentSubmittedReader()
  const draft = locate(place.draft ?? new PaymentDraft(), key, value, place.partition)
  const code = payment.wrap(
    kernel.arena,
    kernel.arenaView,
    draft.valueAt + FRAME_BYTES,
    draft.valueAt + draft.valueLength,
  )
  if (code !== 0) throw new Error(`the value does not read as a payment: decode code ${code}`)
  admit(payment, draft, { masking: context })
  if (draft.disposition === PENDING) mask(payment, draft, { masking: context })
  tokens.flush()
  const refused = draft.disposition !== PENDING
  return {
    disposition: DISPOSITIONS[draft.disposition]!,
    reason: refused ? DEAD_LETTER_REASON_SYMBOLS[draft.reason]! : null,
    detail: draft.detail,
    payment,
    draft,
  }
}

function locate(
  draft: PaymentDraft,
  key: string | null,
  value: Uint8Array,
  partition: number | undefined,
): PaymentDraft {
  draft.disposition = PENDING
  const keyBytes = encoder.encode(key ?? '')
  draft.keyAt = 64
  draft.keyLength = key === null ? -1 : keyBytes.length
  draft.valueAt = draft.keyAt + keyBytes.length
  draft.valueLength = FRAME_BYTES + value.length
  draft.appendTimeMs = APPEND_TIME_MS
  draft.offset = 7
  draft.partition = partition ?? partitionOf(keyBytes, 0, keyBytes.length, PARTITION_COUNT)
  kernel.arena.set(keyBytes, draft.keyAt)
  putFrame(kernel.arenaView, draft.valueAt, 1)
  kernel.arena.set(value, draft.valueAt + FRAME_BYTES)
  return draft
}
