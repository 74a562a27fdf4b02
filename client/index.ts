export type { ConfirmOutcome, ConfirmRequestBody, Payment, Problem } from '../schemas/confirm-api.ts'
export { type ConfirmAnswer, ConfirmClient, type ConfirmClientOptions, ConfirmError } from './confirm-client.ts'
export type { SealingKey } from './sealed-body.ts'
