import type {
  PaymentView,
  ResolutionView,
  ReviewsView,
  ReviewView,
  SignalPrecision,
} from '../../../dashboards/board/views.ts'
import type { DecisionReader } from '../../../schemas/generated/decision.ts'
import type { Signal } from '../../../schemas/generated/enums.ts'
import type { ResolutionReader } from '../../../schemas/generated/resolution.ts'
import { paymentView } from './payment-view.ts'

/** Reviews that wait; past it new ones are counted and not shown. */
const OPEN_MAX = 50_000
const SHOWN_MAX = 200
/** Ends of challenges and reviews that are remembered, the newest. */
const ENDS_MAX = 50_000

interface OpenReview {
  readonly payment: PaymentView
  readonly appendTime: number
}

/** How a challenge or review ended, as far as it is remembered. */
export type EndOf = (decisionId: string) => ResolutionView | null

/** Who has a review, until when. */
export type ClaimOf = (decisionId: string) => ReviewView['claim']

/** The payments that wait for a person, what people said of those that no longer do, and how challenges ended; folded from `payments.decided`. */
export class ReviewQueue {
  private readonly open = new Map<string, OpenReview>()
  private unseen = 0
  private readonly ends = new Map<string, ResolutionView>()
  private readonly ended = { approved: 0, declined: 0, expired: 0 }
  private readonly bySignal = new Map<Signal, { approved: number; declined: number }>()

  decided(decision: DecisionReader): void {
    if (decision.outcomeSymbol !== 'review') return
    if (this.open.size >= OPEN_MAX) {
      this.unseen++
      return
    }
    this.open.set(decision.decisionId, {
      payment: paymentView(decision.toObject()),
      appendTime: decision.appendTime,
    })
  }

  resolved(resolution: ResolutionReader): void {
    const { decisionId } = resolution
    const outcome = resolution.outcomeSymbol
    this.remember(decisionId, { outcome, actor: resolution.actor, eventTime: resolution.eventTime })
    const review = this.open.get(decisionId)
    if (review === undefined || outcome === 'passed' || outcome === 'failed') return
    this.open.delete(decisionId)
    this.ended[outcome]++
    // Nobody has looked at one that expired, so it says nothing of the rules.
    if (outcome === 'expired') return
    for (const { signal } of review.payment.reasons) {
      const counted = this.bySignal.get(signal) ?? { approved: 0, declined: 0 }
      counted[outcome]++
      this.bySignal.set(signal, counted)
    }
  }

  readonly endOf: EndOf = (decisionId) => this.ends.get(decisionId) ?? null

  /** The first end counts (SPEC S8). */
  private remember(decisionId: string, end: ResolutionView): void {
    if (this.ends.has(decisionId)) return
    this.ends.set(decisionId, end)
    const [oldest] = this.ends.keys()
    if (this.ends.size > ENDS_MAX && oldest !== undefined) this.ends.delete(oldest)
  }

  has(decisionId: string): boolean {
    return this.open.has(decisionId)
  }

  view(reviewMs: number, claimOf: ClaimOf): Pick<ReviewsView, 'waiting' | 'waitingInAll' | 'ended' | 'precision'> {
    const oldest = [...this.open.values()].sort((a, b) => a.appendTime - b.appendTime).slice(0, SHOWN_MAX)
    const waiting = oldest.map(({ payment, appendTime }): ReviewView => {
      return { ...payment, appendTime, expiresAt: payment.eventTime + reviewMs, claim: claimOf(payment.decisionId) }
    })
    const precision = [...this.bySignal].map(([signal, counted]): SignalPrecision => ({ signal, ...counted }))
    precision.sort((a, b) => b.approved + b.declined - (a.approved + a.declined))
    return { waiting, waitingInAll: this.open.size + this.unseen, ended: { ...this.ended }, precision }
  }
}
