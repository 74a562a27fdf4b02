import { MASKED_FIELD_SYMBOLS } from '../schemas/generated/enums.ts'
import { VerdictDraft } from './verdict-draft.ts'

const NO_BYTES = new Uint8Array(0)

/** No ticket, no key, no card. */
export const NONE = -1

/** Set in `maskings` when the producer masked the payment; the other bits are ordinals of MaskedField. */
export const AT_PRODUCER_BIT: number = 1 << MASKED_FIELD_SYMBOLS.length

/** Everything the chain says about one payment; the mask's part here, the later stages' in `VerdictDraft`. */
export class PaymentDraft extends VerdictDraft {
  /** Ordinal in the key ring of the key that the payment's tokens are made with, or `NONE`. */
  maskKey: number = NONE
  /** Tickets of the tokens that a raw payment asked for, or `NONE`. */
  panTicket: number = NONE
  nameTicket: number = NONE
  emailTicket: number = NONE
  ipTicket: number = NONE
  /** The card number's last four digits as a number from 0 to 9999, or `NONE`. */
  cardLastFour: number = NONE
  /** What was masked: bit n for the field of ordinal n in MaskedField, and `AT_PRODUCER_BIT`. */
  maskings = 0
  /** UTF-8 of the redacted text, meant only while `maskings` has the field's bit. */
  merchantIdRedacted: Uint8Array = NO_BYTES
  merchantCategoryRedacted: Uint8Array = NO_BYTES
  terminalIdRedacted: Uint8Array = NO_BYTES
  deviceIdRedacted: Uint8Array = NO_BYTES
  memoRedacted: Uint8Array = NO_BYTES

  /** Forgets what the mask said of the record before. */
  resetMask(): void {
    this.maskKey = NONE
    this.panTicket = NONE
    this.nameTicket = NONE
    this.emailTicket = NONE
    this.ipTicket = NONE
    this.cardLastFour = NONE
    this.maskings = 0
  }

  /** Whether the field of this ordinal of MaskedField was masked or redacted. */
  isMasked(field: number): boolean {
    return ((this.maskings >>> field) & 1) === 1
  }
}
