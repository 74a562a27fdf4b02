import { FRAME_BYTES } from '../../schemas/avro/framing.ts'
import type { ControlRecordReader } from '../../schemas/generated/control-record.ts'
import { ControlKindOrdinal as Kind } from '../../schemas/generated/enums.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import type { ControlDraft } from './control-draft.ts'

/** Kinds from this one on are single by their decision id and need no serial. */
const FIRST_WITHOUT_SERIAL: number = Kind.CHALLENGE_PASSED

/**
 * Why a control record may not take effect (SPEC S7), or null: unsigned, other key, other kind, replayed, copied to another partition,
 * or not about the account that its key says. The text names the field and the rule, never a value.
 */
export function refusalOf(record: ControlRecordReader, draft: ControlDraft, stores: PaymentStores): string | null {
  if (record.partition !== draft.partition) return 'partition: the record belongs to another partition'
  // As it was sent: what was written by another version of the schema is signed in that one's layout.
  const signatureBytes = record.signatureEnd - record.signatureField
  const content = stores.tools.arena.subarray(
    draft.valueAt + FRAME_BYTES,
    draft.valueAt + draft.valueLength - signatureBytes,
  )
  const signature = record.buffer.subarray(record.signatureAt, record.signatureEnd)
  if (!stores.tools.verifySignature(record.signerKeyId, record.kindSymbol, content, signature)) {
    return 'signature: not of a known signer for this kind'
  }
  if (needsSerial(record)) {
    const last = stores.partition.get().serials.get(record.signerKeyId) ?? 0
    if (!(record.serial > last)) return 'serial: not above the last one of this signer'
  }
  return accountRefusal(record, draft, stores)
}

/** SPEC S7: the ends of challenges and reviews are single by their decision id; they neither show a serial nor use one up. */
export function needsSerial({ kind }: Pick<ControlRecordReader, 'kind'>): boolean {
  return kind < FIRST_WITHOUT_SERIAL
}

function accountRefusal(record: ControlRecordReader, draft: ControlDraft, { tools }: PaymentStores): string | null {
  if (record.hasAccountId) {
    if (!isKey(record, draft, tools.arena)) return 'account_id: not the record key'
    const partition = partitionOf(record.buffer, record.accountIdAt, record.accountIdEnd, tools.partitionCount)
    // A standing elsewhere would hold for nobody, and nobody would know.
    if (partition !== draft.partition) return 'account_id: belongs to another partition'
  }
  const { kind } = record
  const ofAccount =
    kind === Kind.ACCOUNT_BLOCKED ||
    kind === Kind.ACCOUNT_LIFTED ||
    kind === Kind.ACCOUNT_ALLOWED ||
    kind === Kind.ERASURE
  if (ofAccount && !record.hasAccountId) return 'account_id: missing'
  if (kind === Kind.ACCOUNT_ALLOWED && !record.hasUntil) return 'until: an allowance needs an end'
  return null
}

function isKey(record: ControlRecordReader, { keyAt, keyLength }: ControlDraft, arena: Uint8Array): boolean {
  if (keyLength !== record.accountIdLength) return false
  for (let i = 0; i < keyLength; i++) if (arena[keyAt + i] !== arena[record.accountIdAt + i]) return false
  return true
}
