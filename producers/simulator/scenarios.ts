import type { Scenario } from './scenario.ts'
import { cardTesting } from './scenarios/card-testing.ts'
import { futureClock } from './scenarios/future-clock.ts'
import { idConflict } from './scenarios/id-conflict.ts'
import { impossibleTravel } from './scenarios/impossible-travel.ts'
import { late } from './scenarios/late.ts'
import { mallBurst } from './scenarios/mall-burst.ts'
import { mixed } from './scenarios/mixed.ts'
import { mule } from './scenarios/mule.ts'
import { outOfOrder } from './scenarios/out-of-order.ts'
import { poison } from './scenarios/poison.ts'
import { retryStorm } from './scenarios/retry-storm.ts'

/** Every scenario of the simulator, in the order in which help lists them. */
export const SCENARIOS: readonly Scenario[] = [
  mixed,
  cardTesting,
  mallBurst,
  impossibleTravel,
  mule,
  retryStorm,
  idConflict,
  late,
  outOfOrder,
  futureClock,
  poison,
]

/** The scenario of that name; undefined when there is none. */
export function scenarioNamed(name: string): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.name === name)
}
