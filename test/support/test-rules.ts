import { readFileSync } from 'node:fs'
import { type RuleSet, RuleSetSchema } from '../../schemas/rule-set.ts'

const file = new URL('../oracle/rules-default.json', import.meta.url)

/** The default rule set, as the oracle has it. */
export const DEFAULT_RULES: RuleSet = RuleSetSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
