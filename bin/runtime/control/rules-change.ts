import { FRAME_BYTES, framed } from '../../../schemas/avro/framing.ts'
import { encodeRuleChange, type RuleChange, RuleChangeReader } from '../../../schemas/generated/rule-change.ts'
import { SCHEMAS } from '../../../schemas/generated/schemas.ts'
import { canonicalRules, type RuleSet } from '../../../schemas/rule-set.ts'
import { subjectOf, TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { scanPartition } from '../partition-scan.ts'
import { rulesDigest } from '../payment-runtime.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Session } from '../session.ts'
import { cardFreeTexts } from './card-free-texts.ts'
import { committedStores } from './committed-state.ts'
import { ALL_PARTITIONS, batchOf, type ControlPlace, sendControl } from './control-records.ts'

/** Who the changes of a rule file are by: the pipeline that found it. */
const FILE_ACTOR = 'sluice up'
const POLL_MS = 20
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
  by: ChangeReason,
  nowMs: number,
): Promise<ControlPlace[]> {
  const { actor, reason } = cardFreeTexts(by)
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
 * Asks for the rule file to be put in force when it has changed since this pipeline last did so: a change that somebody made at run time
 * stands until the file itself changes. Returns where each partition is to change over, null where nothing is to be done. Call it once
 * the tasks run; what the chain makes of the records is for the caller to see.
 */
export async function followRulesFile(
  session: RulesSession,
  { tasks }: Pick<Pipeline, 'tasks'>,
  file: RuleSet,
  signal: AbortSignal,
): Promise<ControlPlace[] | null> {
  const wanted = rulesHash(file)
  const history = await ruleHistory(session)
  const followed =
    history.findLast(({ actor }) => actor === FILE_ACTOR)?.ruleHash ?? rulesHash(session.folder.initialRules)
  if (areInForce(tasks, file)) return null
  if (wanted === followed) {
    // Behind anybody else's change the file is silent. Where its own is the last one and does not hold, a task has not come to it, or the
    // chain refused it, which the history does not say.
    if (history.at(-1)?.actor !== FILE_ACTOR) return null
    if (!(await comeSoFar(session, tasks, signal)) || areInForce(tasks, file)) return null
  }
  const reason = `rule file ${session.config.rulesFile}, version ${file.version}`
  return changeRules(session, file, { actor: FILE_ACTOR, reason }, machineTime.nowMs())
}

/** Waits until the tasks have committed what stands in the input now; false when `signal` aborts before. */
async function comeSoFar(
  { log }: Pick<RulesSession, 'log'>,
  tasks: Pipeline['tasks'],
  signal: AbortSignal,
): Promise<boolean> {
  for (const task of tasks) {
    const { endOffset } = await log.bounds(task.input)
    while (task.committedOffset < endOffset && !signal.aborted) await machineTime.sleep(POLL_MS, signal)
  }
  return !signal.aborted
}
