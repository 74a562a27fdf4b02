import { Command } from 'commander'
import { type RuleSet, RuleSetSchema, shadowSignals } from '../../schemas/rule-set.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import {
  type ChangeReason,
  changeRules,
  holdEverywhere,
  ruleHistory,
  rulesHash,
  rulesInForce,
} from '../runtime/control/rules-change.ts'
import { readRules } from '../runtime/control/rules-file.ts'
import type { Session } from '../runtime/session.ts'
import { tableLines } from '../view/answer-table.ts'
import { ruleDifferences } from '../view/rule-differences.ts'
import { listedRules } from '../view/rule-list.ts'
import { print, styled } from '../view/text.ts'
import { withAuditedSession } from './audited-session.ts'
import { type ChangeOptions, placesText, settled, WAITING, withReason } from './control-settings.ts'
import { type LogOptions, onEitherLog, withLogSession } from './log-session.ts'
import { CommandError, type CommonOptions } from './settings.ts'

/** A long list of categories is cut; `sluice rules show` has it whole. */
const NUMBERS_WIDTH_MAX = 100

/** `sluice rules` */
export function rulesCommand(): Command {
  const described = new Command('rules').description(
    'the rule set: what is in force, what was, and putting another in force',
  )
  described
    .addCommand(
      new Command('list')
        .description('print the rules in force, one a line: points, shadow, and the numbers they go by')
        .action((_options, command: Command) => runList(command.optsWithGlobals<LogOptions>())),
    )
    .addCommand(
      new Command('show')
        .description('print the rule set in force')
        .action((_options, command: Command) => runShow(command.optsWithGlobals<LogOptions>())),
    )
    .addCommand(
      new Command('diff')
        .description('print what a rule file would change of what is in force; exits 1 when it would')
        .argument('<file>', 'YAML or JSON')
        .action((file: string, _options, command: Command) => runDiff(file, command.optsWithGlobals<LogOptions>())),
    )
    .addCommand(
      withReason(new Command('apply').description('put a rule file in force, at one stated offset in each partition'))
        .argument('<file>', 'YAML or JSON')
        .action((file: string, _options, command: Command) => runApply(file, command.optsWithGlobals<ChangeOptions>())),
    )
    .addCommand(
      withReason(new Command('rollback').description('put an earlier rule set in force again'))
        .argument('[version or hash]', 'which; the one before when left out')
        .action((which: string | undefined, _options, command: Command) =>
          runRollback(which, command.optsWithGlobals<ChangeOptions>()),
        ),
    )
    .addCommand(
      new Command('history')
        .description('print who put which rule set in force, when and why')
        .action((_options, command: Command) => runHistory(command.optsWithGlobals<LogOptions>())),
    )
    .addHelpText(
      'after',
      '\nA change holds for every payment behind its control record and for none before it, and a replay meets it at the same' +
        '\nplace. A change made here stands until the next one, or until the rule file of `sluice up` itself changes.' +
        '\n\nExamples:\n  sluice rules list\n  sluice rules show > rules.yaml\n  sluice rules diff rules.yaml\n  sluice rules apply rules.yaml --reason "night hours, ticket 812"\n  sluice rules rollback --reason "too many reviews"\n',
    )
  // It looks at the file alone.
  return onEitherLog(described).addCommand(
    new Command('check')
      .description('say what is wrong with a rule file, line by line; changes nothing')
      .argument('<file>', 'YAML or JSON')
      .action((file: string, _options, command: Command) => runCheck(file, command.optsWithGlobals<CommonOptions>())),
  )
}

async function runList(options: LogOptions): Promise<void> {
  await withLogSession(options, async (session) => {
    const rules = listedRules(await rulesInForce(session))
    if (options.json) {
      for (const rule of rules) print(JSON.stringify(rule))
      return
    }
    const rows = rules.map(({ rule, kind, points, shadow, when }) => {
      const numbers = Object.entries(when).map(([name, value]) => `${name} ${value}`)
      return [rule, kind, points, shadow ? 'in shadow' : '', numbers.join(', ')]
    })
    const names = ['rule', 'kind', 'points', 'shadow', 'when']
    for (const line of tableLines(names, ['TEXT', 'TEXT', 'INT', 'TEXT', 'TEXT'], rows, NUMBERS_WIDTH_MAX)) print(line)
  })
}

async function runShow(options: LogOptions): Promise<void> {
  const { stringify } = await import('yaml')
  await withLogSession(options, async (session) => {
    const rules = await rulesInForce(session)
    const shadow = shadowSignals(rules)
    if (options.json) return print(JSON.stringify({ hash: rulesHash(rules), shadow, rules }))
    // A comment, so that what is printed is a rule file.
    if (shadow.length > 0) print(`# In shadow, judged and told of, counting for nothing: ${shadow.join(', ')}`)
    print(stringify(rules).trimEnd())
  })
}

async function runCheck(file: string, options: CommonOptions): Promise<void> {
  const rules = readRules(file)
  const hash = rulesHash(rules)
  const shadow = shadowSignals(rules)
  if (options.json) return print(JSON.stringify({ version: rules.version, hash, shadow }))
  const shadowText = shadow.length === 0 ? '' : `; in shadow: ${shadow.join(', ')}`
  print(`${file} is a rule set: ${nameOf(rules)}${shadowText}`)
}

async function runDiff(file: string, options: LogOptions): Promise<void> {
  const wanted = readRules(file)
  await withLogSession(options, async (session) => {
    const inForce = await rulesInForce(session)
    const differences = ruleDifferences(inForce, wanted)
    if (options.json) print(JSON.stringify(differences))
    else
      for (const { path, from, to } of differences) print(`${path}: ${styled('red', from)} -> ${styled('green', to)}`)
    if (differences.length > 0) throw new CommandError(`${file} differs from ${nameOf(inForce)}, which is in force`)
    if (!options.json) print(`${file} is what is in force`)
  })
}

async function runApply(file: string, options: ChangeOptions): Promise<void> {
  const rules = readRules(file)
  const act = { act: 'rules.apply', subject: rulesHash(rules), ...byOf(options) }
  await withAuditedSession(options, act, (session) => putInForce(session, rules, options))
}

async function runRollback(which: string | undefined, options: ChangeOptions): Promise<void> {
  const act = { act: 'rules.rollback', subject: which ?? null, ...byOf(options) }
  await withAuditedSession(options, act, async (session) => {
    const inForce = rulesHash(await rulesInForce(session))
    const wanted = (rules: RuleSet) => {
      const hash = rulesHash(rules)
      return which === undefined ? hash !== inForce : rules.version === which || hash === which
    }
    const history = (await ruleHistory(session)).map(({ rules }) => RuleSetSchema.parse(JSON.parse(rules)))
    const rules = [session.folder.initialRules, ...history].findLast(wanted)
    if (rules === undefined) {
      throw new CommandError(`there is no ${which ?? 'earlier one'} in the history; see \`sluice rules history\``)
    }
    await putInForce(session, rules, options)
  })
}

async function putInForce(session: Session<Log>, rules: RuleSet, options: ChangeOptions): Promise<void> {
  if (await holdEverywhere(session, rules)) {
    print(options.json ? JSON.stringify({ changed: false }) : `${nameOf(rules)} is in force already; nothing to do`)
    return
  }
  const places = await changeRules(session, rules, byOf(options), machineTime.nowMs())
  const holds = await settled(session, places)
  if (options.json)
    print(JSON.stringify({ changed: true, version: rules.version, hash: rulesHash(rules), holds, places }))
  else print(`${nameOf(rules)} from input ${placesText(places)} on${holds ? '' : `\n${WAITING}`}`)
}

function byOf(options: ChangeOptions): ChangeReason {
  return { actor: options.as, reason: options.reason ?? null }
}

async function runHistory(options: LogOptions): Promise<void> {
  await withLogSession(options, async (session) => {
    const history = await ruleHistory(session)
    if (options.json) {
      for (const { rules, ...change } of history) print(JSON.stringify({ ...change, rules: JSON.parse(rules) }))
      return
    }
    print(`${styled('dim', 'at the beginning'.padEnd(24))}  ${nameOf(session.folder.initialRules)}`)
    for (const { version, ruleHash, eventTime, actor, reason } of history) {
      print(
        `${new Date(eventTime).toISOString()}  rule set ${version} (${ruleHash})  ${actor}: ${reason ?? 'no reason'}`,
      )
    }
  })
}

function nameOf(rules: RuleSet): string {
  return `rule set ${rules.version} (${rulesHash(rules)})`
}
