import type { PaymentSubmitted } from '../schemas/generated/payment-submitted.ts'

/**
 * Takes a payment's raw personal data away (SPEC M1) and leaves forms and tokens. Throws when it cannot: then the
 * payment must not be sent.
 */
export type MaskPayment = (payment: PaymentSubmitted) => PaymentSubmitted

/** What a foreign producer does: nothing. Its raw values stand in the input topic until the mask stage sees them. */
export const unmasked: MaskPayment = (payment) => payment
