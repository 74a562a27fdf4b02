import type { ShadowSignalView, ShadowView } from '../../../dashboards/board/views.ts'
import type { DecisionReader } from '../../../schemas/generated/decision.ts'
import type { Action, Signal } from '../../../schemas/generated/enums.ts'
import type { ResolutionReader } from '../../../schemas/generated/resolution.ts'
import type { ShadowVerdictReader } from '../../../schemas/generated/shadow-verdict.ts'

/** Rule sets that are counted; past it the one that was met first goes. */
const RULE_SETS_MAX = 64
/** Reviews with a verdict that wait for their end; past it new ones say nothing of the signals. */
const REVIEWS_MAX = 50_000

type Decided = Pick<DecisionReader, 'ruleHash' | 'inputPartition' | 'outcomeSymbol' | 'actions'>
type Judged = Pick<ShadowVerdictReader, 'ruleHash' | 'inputPartition' | 'decisionId' | 'reasons' | 'actions'>
type Resolved = Pick<ResolutionReader, 'decisionId' | 'outcomeSymbol'>

interface SignalFigures {
  hits: number
  readonly actions: Map<Action, number>
  approved: number
  declined: number
}

interface RuleSetFigures {
  decisions: number
  readonly signals: Map<Signal, SignalFigures>
}

/**
 * What signals in shadow would have done, by rule set; folded from `payments.decided`. A verdict stands behind its decision in
 * the same partition (ADR 0036), so the last decision of each is remembered.
 */
export class ShadowFigures {
  private readonly bySet = new Map<string, RuleSetFigures>()
  private readonly last = new Map<number, { readonly isReview: boolean; readonly actions: readonly Action[] }>()
  private readonly reviews = new Map<string, readonly SignalFigures[]>()

  decided(decision: Decided): void {
    this.figuresOf(decision.ruleHash).decisions++
    const { inputPartition, outcomeSymbol, actions } = decision
    this.last.set(inputPartition, { isReview: outcomeSymbol === 'review', actions })
  }

  judged(verdict: Judged): void {
    const { signals } = this.figuresOf(verdict.ruleHash)
    const decision = this.last.get(verdict.inputPartition)
    const added = verdict.actions.filter((action) => !decision?.actions.includes(action))
    const hit = verdict.reasons.map(({ signal }) => {
      const figures = signals.get(signal) ?? { hits: 0, actions: new Map<Action, number>(), approved: 0, declined: 0 }
      signals.set(signal, figures)
      figures.hits++
      for (const action of added) figures.actions.set(action, (figures.actions.get(action) ?? 0) + 1)
      return figures
    })
    if (decision?.isReview && this.reviews.size < REVIEWS_MAX) this.reviews.set(verdict.decisionId, hit)
  }

  resolved({ decisionId, outcomeSymbol: outcome }: Resolved): void {
    const hit = this.reviews.get(decisionId)
    if (hit === undefined || outcome === 'passed' || outcome === 'failed') return
    this.reviews.delete(decisionId)
    // Nobody has looked at one that expired, so it says nothing of the rules.
    if (outcome !== 'expired') for (const figures of hit) figures[outcome]++
  }

  /** Of the rule set with this hash, each signal that it has in shadow. */
  view(hash: string, inShadow: readonly Signal[]): ShadowView {
    const figures = this.bySet.get(hash)
    const signals = inShadow.map((signal): ShadowSignalView => {
      const {
        hits = 0,
        actions = new Map<Action, number>(),
        approved = 0,
        declined = 0,
      } = figures?.signals.get(signal) ?? {}
      const added = [...actions].map(([action, count]) => ({ action, count }))
      return { signal, hits, added: added.sort((a, b) => b.count - a.count), approved, declined }
    })
    return { decisions: figures?.decisions ?? 0, signals }
  }

  private figuresOf(hash: string): RuleSetFigures {
    const found = this.bySet.get(hash)
    if (found !== undefined) return found
    const figures = { decisions: 0, signals: new Map<Signal, SignalFigures>() }
    this.bySet.set(hash, figures)
    const [first] = this.bySet.keys()
    if (this.bySet.size > RULE_SETS_MAX && first !== undefined) this.bySet.delete(first)
    return figures
  }
}
