import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'

/** What the chain must make of a record, as far as the scenario knows; an absent field is not predicted. */
export interface Expectation {
  readonly disposition?: 'decided' | 'duplicate' | 'conflict' | 'dead-letter'
  /** Of a dead letter: its reason code. */
  readonly reason?: string
  readonly outcome?: 'approve' | 'challenge' | 'review' | 'block'
  /** `is_velocity_fraud` (SPEC V2). */
  readonly flagged?: boolean
  /** The velocity count (SPEC V1). */
  readonly velocityCount?: number
  /** SPEC S2 took the velocity points away. */
  readonly excused?: boolean
  readonly late?: boolean
  /** A signal that must be among the reasons (SPEC S1). */
  readonly signal?: string
}

/** The truth about one record, known to the one who made it up. */
export interface Label {
  readonly isFraud: boolean
  readonly scenario: string
  /** Whether the label file has a row for it: the first record of each transaction id, and no forged value. */
  readonly listed: boolean
  readonly expectation: Expectation | null
}

/** One record to be sent: either a payment, still raw, or a value that is no payment at all (poison). */
export interface LabelledRecord {
  /** When an open-loop sender is due to send it, epoch ms; latency is counted from here, whatever delayed the sender. */
  readonly intendedSendMs: number
  /** The record key: the sender's account id. */
  readonly key: string
  /** The payment in its raw form, to be masked before it is encoded; null when `value` is sent as it is. */
  readonly payment: PaymentSubmitted | null
  /** The record value when `payment` is null; null as well for a tombstone. */
  readonly value: Uint8Array | null
  readonly label: Label
}

/** A labelled payment that is sent `delayMs` after its event time. */
export function labelledPayment(payment: PaymentSubmitted, label: Label, delayMs = 0): LabelledRecord {
  return {
    intendedSendMs: payment.eventTime + delayMs,
    key: payment.senderAccountId,
    payment,
    value: null,
    label,
  }
}

/** The label of a genuine first sight. */
export function genuine(scenario: string, expectation: Expectation | null = null): Label {
  return { isFraud: false, scenario, listed: true, expectation }
}

/** The label of a fraudulent first sight. */
export function fraud(scenario: string, expectation: Expectation | null = null): Label {
  return { isFraud: true, scenario, listed: true, expectation }
}
