import type { z } from 'zod'
import { type ConfirmBody, ConfirmSchema } from '../../schemas/confirm-api.ts'
import { currencyExponent } from '../../schemas/currencies.ts'
import { type DecimalReading, readDecimal } from '../../schemas/decimal.ts'
import { type PaymentSubmitted, paymentSubmittedDefaults } from '../../schemas/generated/payment-submitted.ts'
import type { JsonScalar } from '../../schemas/json-object.ts'
import { ApiProblem } from '../problem.ts'
import { bodyFields } from './body-text.ts'
import { idempotencyKey } from './idempotency-key.ts'

/** A call as it was understood. Absent is what the caller did not send. */
export interface ConfirmRequest {
  readonly idempotencyKey: string
  readonly otpCode: string | null
  readonly body: ConfirmBody
  /** Minor units; null when no amount was sent. */
  readonly amountMinor: number | null
  /** Upper case. */
  readonly currency: string
}

/** The dead letter's reason that each field's fault would have led to, so that both speak of one thing. */
const CODES: Readonly<Record<string, string>> = {
  transaction_id: 'BAD_ID',
  idempotency_key: 'BAD_ID',
  from_account: 'BAD_PARTIES',
  to_account: 'BAD_PARTIES',
  amount: 'BAD_AMOUNT',
  currency: 'BAD_CURRENCY',
  event_time: 'BAD_TIME',
  region: 'BAD_REGION',
  latitude: 'BAD_POSITION',
  longitude: 'BAD_POSITION',
  pan: 'BAD_PAN',
}

const AMOUNT_PROBLEMS: Readonly<Record<Exclude<DecimalReading['kind'], 'exact'>, readonly [number, string, string]>> = {
  nearest: [422, 'PRECISION', 'more decimal places than the currency has'],
  'too-precise': [422, 'PRECISION', 'more decimal places than the currency has'],
  'too-large': [422, 'AMOUNT_LIMIT', 'over 2^53 - 1 minor units'],
  'not-decimal': [400, 'BAD_AMOUNT', 'digits with at most one point: no sign, exponent, space or separator'],
}

/**
 * Reads and validates a body. Nothing is folded, trimmed or rounded but the currency's case.
 * @throws ApiProblem 400 or 422 naming the field
 */
export function readConfirm(raw: Uint8Array, keyHeader: string | undefined): ConfirmRequest {
  const fields = bodyFields(raw)
  const parsed = ConfirmSchema.safeParse(Object.fromEntries([...fields].map(([key, value]) => [key, plain(value)])))
  if (!parsed.success) throw fieldProblem(parsed.error.issues[0], fields)
  const body = parsed.data
  const key = idempotencyKey(keyHeader, body.idempotency_key)
  const currency = body.currency.toUpperCase()
  const exponent = currencyExponent(currency)
  if (exponent === undefined) throw malformed('currency', 'not an active ISO 4217 currency')
  if ((body.latitude === undefined) !== (body.longitude === undefined)) {
    throw malformed('latitude', 'latitude and longitude come together')
  }
  if (body.from_account !== undefined && body.from_account === body.to_account) {
    throw new ApiProblem(422, 'BAD_PARTIES', 'Malformed field: to_account', 'an account cannot pay itself')
  }
  const amountMinor = readAmount(fields.get('amount'), exponent)
  if (amountMinor === 0 && body.kind !== 'card') throw malformed('amount', 'zero is for kind card alone')
  return { idempotencyKey: key, otpCode: body.otp_code ?? null, body, amountMinor, currency }
}

/** The payment that a whole call asks for, not masked yet. @throws ApiProblem 400 naming the first field that is missing. */
export function paymentOf(request: ConfirmRequest, nowMs: number): PaymentSubmitted {
  const { body, amountMinor, currency, idempotencyKey: key } = request
  const { from_account: senderAccountId, to_account: receiverAccountId } = body
  if (amountMinor === null) throw missing('amount')
  if (senderAccountId === undefined) throw missing('from_account')
  if (receiverAccountId === undefined) throw missing('to_account')
  return {
    ...paymentSubmittedDefaults,
    transactionId: body.transaction_id,
    idempotencyKey: key,
    eventTime: body.event_time === undefined ? nowMs : new Date(body.event_time).getTime(),
    senderAccountId,
    receiverAccountId,
    amountMinor,
    currency,
    kind: body.kind,
    channel: body.channel,
    merchantId: body.merchant_id ?? null,
    merchantCategory: body.merchant_category ?? null,
    terminalId: body.terminal_id ?? null,
    region: body.region ?? null,
    latitude: body.latitude ?? null,
    longitude: body.longitude ?? null,
    deviceId: body.device_id ?? null,
    pan: body.pan ?? null,
    expiry: body.expiry ?? null,
    cardholderName: body.cardholder_name ?? null,
    email: body.email ?? null,
    ip: body.ip ?? null,
    memo: body.memo ?? null,
  }
}

function plain(value: JsonScalar): unknown {
  if (value.type === 'string') return value.text
  if (value.type === 'number') return Number(value.text)
  // No field is a boolean, so which of the two it was does not matter.
  return value.type === 'null' ? null : true
}

function readAmount(value: JsonScalar | undefined, exponent: number): number | null {
  if (value === undefined || !('text' in value)) return null
  const reading = readDecimal(value.text, exponent)
  if (reading.kind === 'exact') return reading.minor
  const [status, code, details] = AMOUNT_PROBLEMS[reading.kind]
  throw new ApiProblem(status, code, 'Malformed field: amount', details)
}

function fieldProblem(issue: z.core.$ZodIssue | undefined, fields: ReadonlyMap<string, JsonScalar>): ApiProblem {
  const field = String(issue?.path[0] ?? '')
  if (issue?.code === 'unrecognized_keys') {
    return new ApiProblem(400, 'UNKNOWN_FIELD', 'Unknown field', 'the body has a field that no payment has; see /docs')
  }
  if (!fields.has(field)) return missing(field)
  return malformed(field, issue?.message ?? 'not valid')
}

function missing(field: string): ApiProblem {
  return new ApiProblem(400, 'MISSING_FIELD', `Missing field: ${field}`, 'the body must have it')
}

function malformed(field: string, details: string): ApiProblem {
  return new ApiProblem(400, CODES[field] ?? 'BAD_FIELD', `Malformed field: ${field}`, details)
}
