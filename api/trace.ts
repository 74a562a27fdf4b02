import { randomUUID } from 'node:crypto'
import { type EncodedHeaders, encodeHeaders } from '../streams/record/record-headers.ts'

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/
const SPAN_DIGITS = 16
const encoder = new TextEncoder()

/** A request's place in its trace (W3C Trace Context, level 1). */
export interface Trace {
  readonly traceId: string
  /** This request as the parent of what it leads to: what the log's record and the answer carry. */
  readonly traceparent: string
}

/**
 * Goes on with the caller's trace, or begins one. A header that is not well formed is as none, and so is one whose digits hold a card number:
 * it would stand in the payment's record and in the audit event (SPEC M1).
 */
export function traceOf(header: string | undefined, holdsCardNumber: (text: string) => boolean): Trace {
  const [, given, flags = '00'] = TRACEPARENT.exec(header ?? '') ?? []
  const traceId = given === undefined || holdsCardNumber(given) ? randomHex() : given
  return { traceId, traceparent: `00-${traceId}-${randomHex().slice(0, SPAN_DIGITS)}-${flags}` }
}

/** 32 digits; of UUIDs, since many at a time are drawn from the system. */
function randomHex(): string {
  return randomUUID().replaceAll('-', '')
}

/** The trace as headers of a record. */
export function recordHeaders({ traceparent }: Trace): EncodedHeaders {
  return encodeHeaders([['traceparent', encoder.encode(traceparent)]])
}
