import { z } from 'zod'
import { CHANNEL_SYMBOLS, PAYMENT_KIND_SYMBOLS } from './generated/enums.ts'

/** What an idempotency key is made of: what the payment's own schema takes (SPEC R1). */
export const IDEMPOTENCY_KEY: RegExp = /^[\x21-\x7e]{1,255}$/

const account = z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/, '1 to 64 of [A-Za-z0-9._:-]')
const text = (max: number) => z.string().min(1).max(max)

/** The body of `POST /payment/confirm`: what is validated, what the types are, and what `/docs` shows. */
export const ConfirmSchema = z
  .strictObject({
    transaction_id: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 of [A-Za-z0-9._-]')
      .describe('Names the payment. A repeat within an hour is known as one, whatever its key.'),
    idempotency_key: z
      .string()
      .regex(IDEMPOTENCY_KEY, '1 to 255 visible ASCII characters')
      .optional()
      .describe('Made by the client, a UUID for choice; or the header Idempotency-Key.'),
    amount: z
      .union([z.number(), z.string()])
      .optional()
      .describe('Major units of the currency, as a JSON number or a decimal string: 5200 is 5,200.00. Never rounded.'),
    from_account: account.optional().describe('One of the accounts in the token.'),
    to_account: account.optional(),
    otp_code: z
      .string()
      .regex(/^\d{6}$/, '6 digits')
      .optional()
      .describe(
        'After an answer OTP_REQUIRED. Amount and accounts may then be left out; if sent they must be the same.',
      ),
    currency: z
      .string()
      .regex(/^[A-Za-z]{3}$/, 'a currency code of ISO 4217')
      .default('USD'),
    kind: z.enum(PAYMENT_KIND_SYMBOLS).default('transfer'),
    channel: z.enum(CHANNEL_SYMBOLS).default('api'),
    event_time: z
      .union([z.iso.datetime({ offset: true }), z.int().min(946_684_800_000).max(253_402_300_799_999)])
      .optional()
      .describe('When the payer paid: RFC 3339 with a zone, or epoch ms. When left out, the moment of the call.'),
    merchant_id: text(256).optional(),
    merchant_category: z
      .string()
      .regex(/^\d{4}$/, 'four digits')
      .optional(),
    terminal_id: text(256).optional(),
    region: z
      .string()
      .regex(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2')
      .optional(),
    latitude: z.number().min(-90).max(90).optional(),
    longitude: z.number().min(-180).max(180).optional(),
    device_id: text(256).optional(),
    pan: text(64).optional().describe('A card number; masked before anything of it is stored.'),
    expiry: z
      .string()
      .regex(/^(?:0[1-9]|1[0-2])\/\d{2}$/, 'MM/YY')
      .optional(),
    cardholder_name: text(256).optional(),
    email: text(256).optional(),
    ip: text(64).optional(),
    memo: text(4096).optional().describe('Scanned for card numbers; what is found is redacted.'),
  })
  .meta({ title: 'A payment to confirm' })

/** A body after validation: defaults are filled in. */
export type ConfirmBody = z.infer<typeof ConfirmSchema>
/** A body as a client sends it. */
export type ConfirmRequestBody = z.input<typeof ConfirmSchema>

export const SuccessSchema = z
  .object({
    status: z.literal('SUCCESS'),
    transaction_id: z.string(),
    reference: z.string().describe('Names the decision.'),
    settlement_method: z.string().describe('From the rule file.'),
  })
  .meta({ title: 'Confirmed' })
export const InReviewSchema = z
  .object({ status: z.literal('IN_REVIEW'), transaction_id: z.string(), message: z.string() })
  .meta({ title: 'A person looks at it' })
export const NotAllowedSchema = z
  .union([
    z.object({
      status: z.literal('OTP_REQUIRED'),
      message: z.string(),
      expires_in: z.int().describe('Seconds until the code stops counting.'),
    }),
    z.object({ status: z.enum(['BLOCKED', 'DECLINED', 'EXPIRED']), transaction_id: z.string(), message: z.string() }),
  ])
  .meta({ title: 'A code is needed, or not allowed' })
export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable, for programs.'),
    error: z.string(),
    details: z.string(),
    tries_left: z.int().optional().describe('With INVALID_OTP: wrong codes that may still be given.'),
  })
  .meta({ title: 'Problem (RFC 9457)' })
export const PaymentSchema = z
  .object({
    status: z.enum(['PENDING', 'SUCCESS', 'OTP_REQUIRED', 'IN_REVIEW', 'BLOCKED', 'DECLINED', 'EXPIRED', 'REFUSED']),
    transaction_id: z.string(),
    from_account: z.string(),
    to_account: z.string(),
    amount_minor: z.int(),
    currency: z.string(),
    decision_id: z.string().optional(),
    reference: z.string().optional(),
    settlement_method: z.string().optional(),
    code: z.string().optional().describe('With REFUSED: why the chain decided nothing, as the 422 says it.'),
    final: z.boolean(),
  })
  .meta({ title: 'A payment' })

/** The answers of `POST /payment/confirm` in its own shapes, for the client's types. */
export type ConfirmOutcome =
  | z.infer<typeof SuccessSchema>
  | z.infer<typeof InReviewSchema>
  | z.infer<typeof NotAllowedSchema>
export type Problem = z.infer<typeof ProblemSchema>
export type Payment = z.infer<typeof PaymentSchema>
