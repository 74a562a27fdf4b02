import type { Principal } from './access/principal.ts'
import type { TokenCheck } from './access/token-check.ts'
import type { AuditTrail } from './audit.ts'
import type { Challenges } from './challenge.ts'
import type { Confirmation } from './confirm.ts'
import type { SealedBodies } from './request/sealed-body.ts'
import type { Trace } from './trace.ts'
import type { ClaimView } from './view/claim-view.ts'

/** Told of each answered request. */
export interface RequestMetrics {
  answered(method: string, route: string, status: number, seconds: number): void
  confirmed(status: string, risk: string): void
}

export interface ApiOptions {
  readonly confirmation: Confirmation
  readonly challenges: Challenges | null
  readonly view: ClaimView
  readonly tokens: TokenCheck
  /** Null where no key opens encrypted bodies: they are then a type that is not taken. */
  readonly sealedBodies: SealedBodies | null
  readonly audit: AuditTrail
  readonly metrics: RequestMetrics
  /** A score from there on counts as high in metrics. */
  readonly highRiskScore: number
  /** A keyed token in place of a caller's address. */
  readonly sourceTokenOf: (address: string) => string
  /** The mask's own look at a text, for what is written down without being masked. */
  readonly holdsCardNumber: (text: string) => boolean
  readonly clock: { nowMs(): number }
  /** Replays of a finished call are answered with 409, as the first clients of the seed expect. */
  readonly replaysAreConflicts: boolean
  /** Events of payments that may be followed at one time. */
  readonly streamsMax: number
  /** Told of what nobody foresaw: our own bug. */
  readonly onFailure: (error: Error) => void
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What calling the route is, as object.verb: each call becomes an audit event. */
    act?: string
  }
  interface FastifyRequest {
    principal: Principal | null
    trace: Trace | null
    /** Unique; also the id of its audit event. */
    requestId: string
    /** What the request is about, for the audit event. */
    subject: string | null
    /** Why it was refused, for the audit event. */
    refusal: string | null
  }
}
