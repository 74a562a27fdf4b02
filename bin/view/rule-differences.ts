import type { RuleSet } from '../../schemas/rule-set.ts'

/** One number of a rule set that another has different; what is missing on a side is `absent`. */
export interface RuleDifference {
  readonly path: string
  readonly from: string
  readonly to: string
}

/** Every leaf that differs, by its path, in the order of the paths. */
export function ruleDifferences(before: RuleSet, after: RuleSet): RuleDifference[] {
  const from = leavesOf(before)
  const to = leavesOf(after)
  return [...new Set([...from.keys(), ...to.keys()])]
    .sort()
    .filter((path) => from.get(path) !== to.get(path))
    .map((path) => ({ path, from: from.get(path) ?? 'absent', to: to.get(path) ?? 'absent' }))
}

/** Lists are leaves: which element moved says nothing here. */
function leavesOf(value: object, above = ''): Map<string, string> {
  const leaves = new Map<string, string>()
  for (const [key, child] of Object.entries(value)) {
    const path = above === '' ? key : `${above}.${key}`
    if (typeof child === 'object' && child !== null && !Array.isArray(child)) {
      for (const [deeper, text] of leavesOf(child, path)) leaves.set(deeper, text)
    } else {
      leaves.set(path, JSON.stringify(child))
    }
  }
  return leaves
}
