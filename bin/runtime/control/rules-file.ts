import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { type RuleSet, rulesProblem } from '../../../schemas/rule-set.ts'

/** A rule file that cannot be used; the message names the file and each field. */
export class RulesFileError extends Error {}

/** Reads a rule set from YAML (or JSON, which is YAML). @throws RulesFileError */
export function readRules(path: string): RuleSet {
  let rules: unknown
  try {
    rules = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new RulesFileError(`rule file ${path}: ${(error as Error).message}`)
  }
  const problem = rulesProblem(rules)
  if (problem !== null) throw new RulesFileError(`rule file ${path}:\n${problem}`)
  return rules as RuleSet
}
