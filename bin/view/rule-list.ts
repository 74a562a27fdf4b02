import { type RuleSet, RuleSetSchema } from '../../schemas/rule-set.ts'

/** One rule of a set: a signal with the points it adds, or an action. */
export interface ListedRule {
  readonly rule: string
  readonly kind: 'signal' | 'action'
  /** What a hit adds to the score; null of an action. */
  readonly points: number | null
  /** Judged and told of, counting for nothing. */
  readonly shadow: boolean
  /** The numbers that it goes by, by their names in the rule file. */
  readonly when: Readonly<Record<string, unknown>>
}

/** Every signal in the order in which they are judged, then every action. */
export function listedRules({ signals, actions }: RuleSet): ListedRule[] {
  const { shape } = RuleSetSchema
  const names = Object.keys(shape.signals.shape) as (keyof RuleSet['signals'])[]
  return [
    ...names.map((rule): ListedRule => {
      const { points, shadow = false, ...when } = signals[rule]
      return { rule, kind: 'signal', points, shadow, when }
    }),
    ...Object.entries(actions).map(([rule, when]): ListedRule => {
      return { rule, kind: 'action', points: null, shadow: false, when }
    }),
  ]
}
