import type { Action, ControlKind, DeadLetterReason, Outcome, Severity, Signal } from '../../schemas/generated/enums.ts'

/**
 * What the board's server answers its page: types alone, so that both sides hold to one description. Times are epoch ms,
 * durations ms, amounts minor units beside their currency.
 */

/** What a person may do: a viewer looks, an analyst blocks, lifts and ends reviews, an admin may also allow in spite of the rules. */
export const ROLES = ['viewer', 'analyst', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Who looks, and whether a login is asked for at all. */
export interface SessionView {
  readonly loginNeeded: boolean
  readonly user: { readonly name: string; readonly role: Role } | null
}

export interface ReasonView {
  readonly signal: Signal
  readonly points: number
}

/** An alert as the alert store holds it (docs/alerts.md). */
export interface AlertValue {
  readonly transaction_id: string | null
  readonly velocity_count: number
  readonly amount: string | null
  readonly region: string | null
  readonly severity: Severity
  readonly reasons: readonly ReasonView[]
  readonly score: number
  readonly kind: 'VELOCITY' | 'ID_CONFLICT' | 'CONTROL_REFUSED'
  readonly revised: boolean
  readonly sender_account_id: string | null
  readonly fraud_count: number
  readonly currency: string | null
  readonly event_time: number
  readonly alert_id: string
  readonly decision_id: string
}

/** An action as the alert store holds it. */
export interface ActionValue {
  readonly action: Action
  readonly sender_account_id: string
  readonly transaction_id: string
  readonly event_time: number
  readonly until: number | null
  readonly fraud_count: number
  readonly score: number
  readonly action_id: string
  readonly decision_id: string
}

/** One entry of the feed; `id` resumes it. */
export type FeedEntry =
  | { readonly id: string; readonly kind: 'alert'; readonly value: AlertValue }
  | { readonly id: string; readonly kind: 'action'; readonly value: ActionValue }

export interface TopAccount {
  readonly account: string
  readonly alerts: number
  readonly worst: Severity
}

/** Sent once a second: it is the feed's heartbeat as well. */
export interface FeedStatus {
  readonly nowMs: number
  /** LIVE, or what the board waits for. */
  readonly store: 'CONNECTING' | 'LIVE' | 'WAITING'
  readonly why: string | null
  /** Another text after each erasure: what a page held before may be of somebody who is erased. Null before the first, and while the store is not read. */
  readonly erasure: string | null
  /** Alerts by minute of event time, oldest first; the last one is the running minute. */
  readonly perMinute: readonly number[]
  /** Of the last five minutes. */
  readonly top: readonly TopAccount[]
}

/** Entries that the reader had asked for are no longer kept: those between these times may be missing. */
export interface FeedGap {
  readonly sinceMs: number
  readonly untilMs: number
}

export interface PaymentView {
  readonly decisionId: string
  readonly transactionId: string
  readonly accountId: string
  readonly receiverId: string
  readonly eventTime: number
  readonly amountMinor: number
  readonly currency: string
  readonly kind: string
  readonly channel: string
  readonly merchantId: string | null
  readonly region: string | null
  readonly deviceId: string | null
  readonly score: number
  readonly severity: Severity
  readonly outcome: Outcome
  readonly reasons: readonly ReasonView[]
  readonly actions: readonly Action[]
  readonly velocityCount: number
  readonly peers: readonly string[]
}

/** A time in event time, for ever, or not at all. */
export type UntilView = number | 'forever' | null

export interface StandingView {
  readonly payments: number
  readonly hardBlockUntil: UntilView
  readonly allowedUntil: UntilView
  readonly automaticBlockUntil: UntilView
}

export interface AccountView {
  readonly accountId: string
  /** Null while nothing is known of it. */
  readonly standing: StandingView | null
  /** Newest first, of those that were looked at. */
  readonly payments: readonly PaymentView[]
  /** How far back the log was read: the append time of the oldest record, or null when all of it was. */
  readonly readSince: number | null
  readonly actions: readonly ActionValue[]
}

export interface ResolutionView {
  readonly outcome: string
  readonly actor: string
  readonly eventTime: number
}

export interface DecisionView {
  /** Every field of the decision, by its name in the schema. */
  readonly decision: Readonly<Record<string, unknown>>
  readonly payment: PaymentView
  readonly resolution: ResolutionView | null
  readonly outputOffset: number
  readonly appendTime: number
  /** When the task handled it, and when the log had the decision. */
  readonly processedAt: number | null
  readonly committedAt: number
}

/** p50, p95 and p99 in ms; null without a sample. */
export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly samples: number
}

export interface PartitionView {
  readonly partition: number
  readonly committed: number
  readonly end: number
  readonly lag: number
  readonly checkpointAgeMs: number | null
}

export interface PipelineView {
  readonly nowMs: number
  /** A second each, oldest first. */
  readonly seconds: readonly {
    readonly atMs: number
    readonly decided: number
    readonly p50: number | null
    readonly p95: number | null
    readonly p99: number | null
  }[]
  readonly stages: readonly { readonly name: string; readonly meaning: string; readonly ms: Percentiles | null }[]
  readonly partitions: readonly PartitionView[]
  readonly outcomes: Readonly<Record<Outcome, number>>
  /** Of the same stretch of time as the decisions above. */
  readonly duplicates: number
  readonly deadLetters: readonly {
    readonly reason: DeadLetterReason
    readonly count: number
    readonly lastDetail: string
    readonly lastAt: number
    readonly lastPlace: string
  }[]
  readonly restarts: readonly { readonly atMs: number; readonly partition: number }[]
  readonly since: number
}

export interface RuleChangeView {
  readonly version: string
  readonly hash: string
  /** Null for the rules that the folder began with. */
  readonly at: number | null
  readonly actor: string | null
  readonly reason: string | null
  readonly differences: readonly { readonly path: string; readonly from: string; readonly to: string }[]
}

/** What a signal in shadow would have done on the payments that it hit, had all in shadow counted. */
export interface ShadowSignalView {
  readonly signal: Signal
  readonly hits: number
  /** Actions that the decisions did not have, most frequent first. */
  readonly added: readonly { readonly action: Action; readonly count: number }[]
  /** How people ended the reviews among them. */
  readonly approved: number
  readonly declined: number
}

export interface ShadowView {
  /** Under the rule set in force, as far as the log has been read. */
  readonly decisions: number
  readonly signals: readonly ShadowSignalView[]
}

export interface RulesView {
  readonly version: string
  readonly hash: string
  readonly rules: Readonly<Record<string, unknown>>
  readonly shadow: ShadowView
  /** Newest first. */
  readonly history: readonly RuleChangeView[]
  /** Acts of people, newest first. */
  readonly acts: readonly ActView[]
}

export interface ActView {
  readonly at: number
  readonly actor: string
  readonly role: string | null
  readonly act: string
  readonly subject: string | null
  readonly result: string
  readonly reason: string | null
}

/** What was masked of one payment: never a value. */
export interface MaskingAuditView {
  readonly transactionId: string
  readonly decisionId: string
  readonly eventTime: number
  readonly keyId: string | null
  readonly fields: readonly { readonly field: string; readonly rule: string; readonly keyId: string | null }[]
}

/** A topic as the archive reads it, all partitions together. */
export interface ArchiveTopicView {
  readonly topic: string
  readonly position: number
  readonly end: number
  readonly records: number
  /** The age of the oldest record that is not archived; 0 without one. */
  readonly behindMs: number
}

export interface ComplianceView {
  readonly nowMs: number
  readonly topics: readonly ArchiveTopicView[]
  /** The archive's view `masking_proof`, the newest days first; empty when nothing is archived, or `why` it does not answer. */
  readonly proof: readonly {
    readonly date: string
    readonly payments: number
    readonly audited: number
    /** Card numbers, codes and expiry dates in clear. */
    readonly shown: number
    /** Texts with digits in the shape of a card number, to be looked at. */
    readonly texts: number
  }[]
  readonly why: string | null
  /** Erasures of the board's data folder, the newest first. */
  readonly erasures: readonly ErasureView[]
}

/** An erasure as its receipt has it: of a person known by a token alone. */
export interface ErasureView {
  readonly subject: string
  /** ISO 8601, as all times of it. */
  readonly requested: string
  readonly by: string
  readonly reason: string
  /** Why the last try ended before its end; it is made again. */
  readonly failure: string | null
  readonly complete_from: string | null
  readonly stores: readonly {
    readonly store: string
    /** From when on nothing of the subject can be read there; null while nobody can say. */
    readonly from: string | null
    readonly state: 'erased' | 'leaves by then' | 'waits'
    readonly why: string
  }[]
}

export interface ReviewView extends PaymentView {
  readonly appendTime: number
  /** When it is declined unless somebody ends it, in event time. */
  readonly expiresAt: number
  readonly claim: { readonly actor: string; readonly untilMs: number } | null
}

export interface SignalPrecision {
  readonly signal: Signal
  readonly approved: number
  readonly declined: number
}

export interface ReviewsView {
  readonly nowMs: number
  /** Longest waiting first, at most as many as the page shows. */
  readonly waiting: readonly ReviewView[]
  readonly waitingInAll: number
  readonly slaMs: number
  /** False until the log has been read up to now. */
  readonly complete: boolean
  readonly ended: { readonly approved: number; readonly declined: number; readonly expired: number }
  readonly precision: readonly SignalPrecision[]
}

/** What became of an act. */
export interface ActResult {
  readonly act: string
  readonly subject: string
  /** Whether the chain has come to it; it will when not. */
  readonly holds: boolean
  /** `<partition>-<offset>` of the control record; null where an act writes none. */
  readonly place: string | null
}

/** The kinds of an account's standing that the board may sign. */
export type StandingKind = Extract<ControlKind, 'ACCOUNT_BLOCKED' | 'ACCOUNT_LIFTED' | 'ACCOUNT_ALLOWED'>
