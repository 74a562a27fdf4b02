import { z } from 'zod'
import { CHANNEL_SYMBOLS, PAYMENT_KIND_SYMBOLS } from '../../schemas/generated/enums.ts'
import { IDEMPOTENCY_KEY } from './idempotency-key.ts'

const account = z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/, '1 to 64 of [A-Za-z0-9._:-]')
const text = (max: number) => z.string().min(1).max(max)

/** The body of `POST /payment/confirm`: what is validated, what the types are, and what `/docs` shows. */
export const ConfirmSchema = z
  .strictObject({
    transaction_id: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 of [A-Za-z0-9._-]')
      .describe('Names the payment; the same id is paid once.'),
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
  .meta({ id: 'Confirm', title: 'A payment to confirm' })

export type ConfirmBody = z.infer<typeof ConfirmSchema>
