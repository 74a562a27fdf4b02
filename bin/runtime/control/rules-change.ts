import { FRAME_BYTES, framed } from '../../../schemas/avro/framing.ts'
import { encodeRuleChange, type RuleChange, RuleChangeReader } from '../../../schemas/generated/rule-change.ts'
import { SCHEMAS } from '../../../schemas/generated/schemas.ts'
import { canonicalRules, type RuleSet } from '../../../schemas/rule-set.ts'
import { subjectOf, TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { scanPartition } from '../partition-scan.ts'
import { rulesDigest } from '../payment-runtime.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Session } from '../session.ts'
import { committedStores } from './committed-state.ts'
import { ALL_PARTITIONS, batchOf, type ControlPlace, sendControl } from './control-records.ts'

/** Who the changes of a rule file are by: the pipeline that found it. */
const FILE_ACTOR = 'sluice up'
const HISTORY = { topic: TOPICS.rulesChanges.name, partition: 0 }

type RulesSession = Pick<
  Session<Log>,
  'log' | 'ids' | 'folder' | 'config' | 'registry' | 'appendTogether' | 'visibleWithinMs'
>

/** Who changes the rules, and why. */
export interface ChangeReason {
  readonly actor: string
  readonly reason: string | null
}

/** What tells two rule sets apart: as it stands in each decision. */
export function rulesHash(rules: RuleSet): string {
  return rulesDigest(canonicalRules(rules))
}

/**
 * Puts a rule set in force: a signed RULES_SET record in every partition and a line of history, all in one transaction
 * (SPEC S6). Returns where each partition changes over.
 * @throws KeysError when this machine has no admin key.
 */
export async function changeRules(
  session: RulesSession,
  rules: RuleSet,
  { actor, reason }: ChangeReason,
  nowMs: number,
): Promise<ControlPlace[]> {
  const text = canonicalRules(rules)
  const change = { version: rules.version, ruleHash: rulesDigest(text), rules: text, eventTime: nowMs, actor, reason }
  const subject = subjectOf(HISTORY.topic, 'sluice.RuleChange')
  const schemaId = await session.registry.idOf(subject, JSON.parse(SCHEMAS.RuleChange))
  const key = new TextEncoder().encode(`${rules.version}@${nowMs}`)
  const line = { ...HISTORY, ...batchOf(nowMs, key, framed(schemaId, encodeRuleChange(change))) }
  return sendControl(session, 'admin', { kind: 'RULES_SET', actor, reason, rules: text }, ALL_PARTITIONS, nowMs, [line])
}

/** Every change of the rules that was asked for since the folder was made, oldest first; the chain may have refused one. */
export async function ruleHistory({ log }: Pick<Session<Log>, 'log'>): Promise<RuleChange[]> {
  const { startOffset, endOffset } = await log.bounds(HISTORY)
  const changes: RuleChange[] = []
  const reader = new RuleChangeReader()
  await scanPartition(log, HISTORY, startOffset, endOffset, ({ bytes, valueAt, valueLength }, view) => {
    if (reader.wrap(bytes, view, valueAt + FRAME_BYTES, valueAt + valueLength) === 0) changes.push(reader.toObject())
  })
  return changes
}

/** The rule set in force: what the first partition holds. */
export async function rulesInForce(session: Session<Log>): Promise<RuleSet> {
  return (await committedStores(session, 0)).rules.rules
}

/** Whether every partition holds these rules: the chain refuses a serial that is not above the signer's last one in a partition. */
export async function holdEverywhere(session: Session<Log>, rules: RuleSet): Promise<boolean> {
  const wanted = rulesHash(rules)
  for (const partition of ALL_PARTITIONS) {
    if ((await committedStores(session, partition)).rules.hash !== wanted) return false
  }
  return true
}

/** Whether no task has other rules, as far as they are restored. */
export function areInForce(tasks: Pipeline['tasks'], rules: RuleSet): boolean {
  const wanted = rulesHash(rules)
  return tasks.every(({ stores }) => stores === null || stores.rules.hash === wanted)
}

/**
 * Puts the rule file in force when it has changed since this pipeline last did so: a change that somebody made at run time stands
 * until the file itself changes. Returns whether it did. Call it once the tasks run.
 */
export async function followRulesFile(
  session: RulesSession,
  { tasks }: Pick<Pipeline, 'tasks'>,
  file: RuleSet,
  nowMs: number,
): Promise<boolean> {
  const wanted = rulesHash(file)
  const history = await ruleHistory(session)
  const followed =
    history.findLast(({ actor }) => actor === FILE_ACTOR)?.ruleHash ?? rulesHash(session.folder.initialRules)
  if (wanted === followed || areInForce(tasks, file)) return false
  const reason = `rule file ${session.config.rulesFile}, version ${file.version}`
  await changeRules(session, file, { actor: FILE_ACTOR, reason }, nowMs)
  return true
}
