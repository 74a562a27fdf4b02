import { Command } from 'commander'
import { distance } from '../../processors/score/signals/impossible-travel.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import type { Decision } from '../../schemas/generated/decision.ts'
import type { ShadowVerdict } from '../../schemas/generated/shadow-verdict.ts'
import { REGIONS } from '../../schemas/regions.ts'
import type { RuleSet } from '../../schemas/rule-set.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Log } from '../../streams/log/log.ts'
import { fold } from '../../streams/task/restore.ts'
import { findDecisions, type RecordedDecision } from '../runtime/decision-search.ts'
import { recompute, stateWithin } from '../runtime/recomputation.ts'
import { OutputValues } from '../runtime/record-values.ts'
import { createRuntime, INPUT_TOPIC, type Session } from '../runtime/session.ts'
import { outcomeText, type SenderBefore, signalText } from '../view/explanation.ts'
import { schemaNamed } from '../view/field-names.ts'
import { amountText, grouped, print, styled, styledOutcome } from '../view/text.ts'
import { type LogOptions, onEitherLog, openLogSession } from './log-session.ts'
import { CommandError, configOf } from './settings.ts'

/** What recomputing one decision gave. */
interface Explained {
  readonly decision: Decision
  readonly recordedAt: string
  readonly equal: boolean
  readonly foldedFrom: number
  readonly rules: RuleSet
  readonly before: SenderBefore | null
  /** What signals in shadow would have done; null where none of them hit. */
  readonly shadow: ShadowVerdict | null
}

/** `sluice explain` */
export function explainCommand(): Command {
  return onEitherLog(
    new Command('explain')
      .description('recompute one decision from the log and show each reason with the numbers behind it')
      .argument('<id>', 'a transaction id, or a decision id <partition>-<offset>; one that is both shows both')
      .addHelpText(
        'after',
        '\nFolds the input from a checkpoint at or before the payment, or from its beginning. Exits 1 when there is no such' +
          '\ndecision, or the recomputed one has other bytes.\n\nExamples:\n  sluice explain 3-1042\n  sluice explain pay-kzmtrwqbpd-17 --json\n',
      )
      .action((id: string, _options, command: Command) => runExplain(id, command.optsWithGlobals<LogOptions>())),
  )
}

async function runExplain(id: string, options: LogOptions): Promise<void> {
  const session = await openLogSession(configOf(options), options)
  try {
    const found = await findDecisions(session, id)
    if (found.length === 0) {
      throw new CommandError(
        `no decision on ${id} stands in the log; a dead letter or a repeat has none: see \`sluice dlq list\``,
      )
    }
    const explained: Explained[] = []
    for (const recorded of found) explained.push(await explain(session, recorded))
    for (const one of explained) options.json ? printJson(one) : printText(one)
    if (explained.some(({ equal }) => !equal))
      throw new CommandError('the recorded decision has other bytes; run `sluice verify`')
  } finally {
    await session.log.close()
  }
}

async function explain(session: Session<Log>, { decision, outputOffset, value }: RecordedDecision): Promise<Explained> {
  const { inputPartition: partition, inputOffset: offset } = decision
  const processor = createRuntime(session)
  const state = await stateWithin(session, processor, partition, offset, 'newest')
  const { offset: foldedFrom, stores } = state
  await fold(session.log, { topic: INPUT_TOPIC, partition }, processor, state, offset, () => {})
  const before = senderBefore(stores, decision)
  const { rules } = stores.rules
  const values = new OutputValues(session.ids)
  let equal = false
  let shadow: ShadowVerdict | null = null
  for await (const { outputs } of recompute(session, processor, partition, { stores, offset }, offset + 1)) {
    const decided = outputs.flatMap(({ topic, value: recomputed }) => {
      return topic === TOPICS.paymentsDecided.name && recomputed !== null ? [recomputed] : []
    })
    equal = decided.some((recomputed) => Buffer.compare(recomputed, value) === 0)
    for (const recomputed of decided) shadow ??= values.shadowVerdictIn(recomputed)
  }
  const recordedAt = `${TOPICS.paymentsDecided.name}-${partition} offset ${outputOffset}`
  return { decision, recordedAt, equal, foldedFrom, rules, before, shadow }
}

function senderBefore({ hash, senders }: PaymentStores, decision: Decision): SenderBefore | null {
  hash.hashBytes(new TextEncoder().encode(decision.senderAccountId))
  const [h0 = 0, h1 = 0, h2 = 0, h3 = 0] = hash.words
  const row = senders.rows.find(h0, h1, h2, h3)
  if (row < 0) return null
  senders.at(row)
  const { latitude, longitude, positionMs, lastRegion, lastRegionMs, payments } = senders
  const position = Number.isFinite(positionMs) ? { latitude, longitude, timeMs: positionMs } : null
  return {
    payments,
    lastRegion: lastRegion === 0 ? null : (REGIONS.codes[lastRegion - 1] ?? null),
    lastRegionMs,
    position,
    distanceKm:
      position === null || decision.latitude === null || decision.longitude === null
        ? null
        : distance(latitude, longitude, decision.latitude, decision.longitude),
  }
}

function printJson({ decision, recordedAt, equal, foldedFrom, rules, before, shadow }: Explained): void {
  const reasons = decision.reasons.map(({ signal, points }) => {
    return { signal, points, because: signalText(signal, decision, rules, before) }
  })
  print(
    JSON.stringify({
      decision: schemaNamed('Decision', decision),
      reasons,
      outcomeBecause: outcomeText(decision, rules),
      recordedAt,
      equal,
      foldedFrom,
      rules,
      shadow: shadow === null ? null : schemaNamed('ShadowVerdict', shadow),
    }),
  )
}

function printText({ decision, recordedAt, equal, foldedFrom, rules, before, shadow }: Explained): void {
  const { reasons, notEvaluated, velocityFraudPeers: peers } = decision
  const row = (name: string, text: string) => print(`  ${styled('dim', name.padEnd(14))}${text}`)
  print(
    `${styled('bold', decision.transactionId)}  ${styledOutcome(decision.outcome)}: ${outcomeText(decision, rules)}`,
  )
  row(
    'payment',
    `${amountText(decision.amountMinor, decision.currency)}, ${decision.kind}, ${decision.channel}, at ${iso(decision.eventTime)}`,
  )
  row('from, to', `${decision.senderAccountId} -> ${decision.receiverAccountId}`)
  row('score', `${decision.fraudScore} of 100`)
  for (const { signal, points } of reasons) {
    print(
      `    ${String(points).padStart(3)}  ${styled('bold', signal)}  ${signalText(signal, decision, rules, before)}`,
    )
  }
  if (notEvaluated.length > 0) row('not evaluated', `${notEvaluated.join(', ')} (a field is missing)`)
  if (shadow !== null) {
    row('in shadow', `the score would have been ${shadow.fraudScore}, actions ${shadow.actions.join(', ') || 'none'}`)
    for (const { signal, points } of shadow.reasons) {
      print(`    ${String(points).padStart(3)}  ${signal}  ${signalText(signal, decision, rules, before)}`)
    }
  }
  row(
    'velocity',
    `${decision.velocityCount} in 60 s, ${decision.velocity5mCount} in 5 min, severity ${decision.severity}${decision.late ? ', late' : ''}`,
  )
  if (peers.length > 0) row('', `with ${peers.join(', ')}`)
  row('last hour', `${decision.devices1h} devices, ${decision.regions1h} regions, fraud count ${decision.fraudCount}`)
  row(
    'history',
    `${grouped(decision.baselinePayments)} payments before this one${decision.excused ? '; they excuse the burst' : ''}`,
  )
  if (decision.actions.length > 0) row('actions', decision.actions.join(', '))
  row('rules', `version ${decision.ruleVersion}, ${decision.ruleHash}; semantics version ${decision.semanticsVersion}`)
  row(
    'input',
    `${decision.inputTopic}-${decision.inputPartition} offset ${decision.inputOffset}, appended ${iso(decision.appendTime)}`,
  )
  row(
    'recomputed',
    `from offset ${foldedFrom}; ${equal ? styled('green', 'the same bytes') : styled('red', 'OTHER BYTES')} as ${recordedAt}`,
  )
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
