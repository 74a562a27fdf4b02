import { CURRENCIES } from '../../schemas/currencies.ts'
import { MaskedFieldOrdinal as Field } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { REGIONS } from '../../schemas/regions.ts'
import { PENDING } from '../../streams/disposition.ts'
import type { KeyedHash } from '../../streams/hash/index.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { contentFingerprint } from './content-fingerprint.ts'

const REDACTED_HABITS = (1 << Field.device_id) | (1 << Field.merchant_category)

/**
 * Takes the keyed hashes by which state knows a payment: its id, content and sender, and the sender's habits.
 *
 * In:    a payment that admission and mask let pass.
 * Out:   hashes, and the numbers that later stages compare.
 * Store: none.
 */
export function identify(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): void {
  // The mask may have refused it just now.
  if (draft.disposition !== PENDING) return
  const { hash, tools } = stores
  const { words } = hash
  draft.eventTimeMs = payment.eventTime
  draft.amountMinor = payment.amountMinor
  draft.currency = CURRENCIES.findAnyCase(payment.buffer, payment.currencyAt, payment.currencyEnd)
  draft.fingerprint = contentFingerprint(payment, draft, tools)
  hash.hash(payment.transactionIdAt, payment.transactionIdLength)
  draft.id0 = words[0]!
  draft.id1 = words[1]!
  draft.id2 = words[2]!
  draft.id3 = words[3]!
  hash.hash(payment.senderAccountIdAt, payment.senderAccountIdLength)
  draft.sender0 = words[0]!
  draft.sender1 = words[1]!
  draft.sender2 = words[2]!
  draft.sender3 = words[3]!
  identifyHabits(payment, draft, hash)
}

function identifyHabits(payment: PaymentSubmittedReader, draft: PaymentDraft, hash: KeyedHash): void {
  draft.receiverHash = hash.hash32(payment.receiverAccountIdAt, payment.receiverAccountIdLength) || 1
  draft.deviceHash = payment.hasDeviceId ? hash.hash32(payment.deviceIdAt, payment.deviceIdLength) || 1 : 0
  draft.categoryHash = payment.hasMerchantCategory
    ? hash.hash32(payment.merchantCategoryAt, payment.merchantCategoryLength) || 1
    : 0
  if ((draft.maskings & REDACTED_HABITS) !== 0) identifyRedacted(draft, hash)
  draft.region = payment.hasRegion ? REGIONS.find(payment.buffer, payment.regionAt, payment.regionEnd) + 1 : 0
}

/** A device or category in which a card number was found is known by what is left of it: all that a decision shows (SPEC M1). */
function identifyRedacted(draft: PaymentDraft, hash: KeyedHash): void {
  if (draft.isMasked(Field.device_id)) {
    hash.hashBytes(draft.deviceIdRedacted)
    draft.deviceHash = hash.words[0]! || 1
  }
  if (draft.isMasked(Field.merchant_category)) {
    hash.hashBytes(draft.merchantCategoryRedacted)
    draft.categoryHash = hash.words[0]! || 1
  }
}
