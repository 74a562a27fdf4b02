import type {
  AccountView,
  ActionValue,
  ActResult,
  ComplianceView,
  DecisionView,
  MaskingAuditView,
  PaymentView,
  PipelineView,
  ReviewsView,
  Role,
  RulesView,
  StandingKind,
} from './views.ts'

/** One entry of the stream of alerts and actions. */
export interface StreamEntry {
  /** `<ms>-<n>`, rising. */
  readonly id: string
  readonly kind: 'alert' | 'action'
  readonly json: string
}

/** What the board reads of the alert store: Redis, or the one in the process of the embedded profile. */
export interface AlertFeed {
  /** At most `limit` entries past `id`, oldest first. */
  entriesAfter(id: string, limit: number): Promise<readonly StreamEntry[]>
  /** Wakes the reader; an entry may come without. */
  subscribe(listener: () => void): Promise<{ close(): void }>
  /** Another text after each erasure, null before the first. */
  lastErasure(): Promise<string | null>
  actionsOf(account: string): Promise<Readonly<Record<string, string>>>
  close(): void
}

/** What the screens show. Null is: there is no such thing. */
export interface BoardReads {
  account(accountId: string, actions: readonly ActionValue[]): Promise<AccountView>
  decision(decisionId: string): Promise<DecisionView | null>
  pipeline(): Promise<PipelineView>
  rules(): Promise<RulesView>
  reviews(): ReviewsView
  compliance(): Promise<ComplianceView>
  /** Archived payments of an account from before a time, newest first. @throws when the archive cannot be asked */
  history(accountId: string, beforeMs: number): Promise<readonly PaymentView[]>
  /** Of a transaction id or a token, newest first. @throws when the archive cannot be asked */
  maskings(find: string): Promise<readonly MaskingAuditView[]>
}

/** Who acts, and why. */
export interface ActBy {
  readonly actor: string
  readonly reason: string
}

/** An act that cannot be done as things stand; the message says why, and the status is HTTP's. */
export class ActRefused extends Error {
  readonly status: 404 | 409

  constructor(status: 404 | 409, message: string) {
    super(message)
    this.status = status
  }
}

/** What a person did, as the audit keeps it; who is told by the caller. */
export interface AuditedAct {
  readonly actor: string
  readonly role: Role | null
  readonly act: string
  readonly subject: string | null
  readonly result: string
  readonly reason: string | null
  readonly requestId: string
}

/** What people do. @throws ActRefused */
export interface BoardActs {
  standing(kind: StandingKind, accountId: string, until: number | null, by: ActBy): Promise<ActResult>
  endReview(kind: 'REVIEW_APPROVED' | 'REVIEW_DECLINED', decisionId: string, by: ActBy): Promise<ActResult>
  /** Nobody else may end the review until the lease is over. The record of it is the claim. */
  claim(decisionId: string, actor: string, role: Role, requestId: string): Promise<ActResult>
  /** Resolves when the record is durable. */
  audit(act: AuditedAct): Promise<void>
}
