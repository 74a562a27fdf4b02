import type { RuleChangeView, RulesView } from '../../../dashboards/board/views.ts'
import { type RuleSet, RuleSetSchema, shadowSignals } from '../../../schemas/rule-set.ts'
import type { Log } from '../../../streams/log/log.ts'
import { ruleDifferences } from '../../view/rule-differences.ts'
import { ruleHistory, rulesHash } from '../control/rules-change.ts'
import type { Session } from '../session.ts'
import type { ShadowFigures } from './shadow-figures.ts'

/** The rules in force and every change that was asked for, each with what it changed of the one before. */
export async function rulesView(
  session: Pick<Session<Log>, 'log' | 'folder'>,
  rules: RuleSet,
  acts: RulesView['acts'],
  shadow: ShadowFigures,
): Promise<RulesView> {
  const first = session.folder.initialRules
  const history: RuleChangeView[] = [
    { version: first.version, hash: rulesHash(first), at: null, actor: null, reason: null, differences: [] },
  ]
  let before = first
  for (const { version, ruleHash: hash, eventTime: at, actor, reason, rules: text } of await ruleHistory(session)) {
    const after = RuleSetSchema.parse(JSON.parse(text))
    history.push({ version, hash, at, actor, reason, differences: ruleDifferences(before, after) })
    before = after
  }
  const hash = rulesHash(rules)
  return {
    version: rules.version,
    hash,
    rules,
    shadow: shadow.view(hash, shadowSignals(rules)),
    history: history.reverse(),
    acts,
  }
}
