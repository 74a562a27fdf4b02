import { Command } from 'commander'
import { HOOK_OUTCOME_SYMBOLS } from '../../schemas/generated/enums.ts'
import type { HookDelivery } from '../../schemas/generated/hook-delivery.ts'
import { askReplay, newestOf, undelivered, visitDeliveries } from '../runtime/hooks/hook-deliveries.ts'
import { schemaNamed } from '../view/field-names.ts'
import { print, styled } from '../view/text.ts'
import { type RepeatOptions, withAuditedSession, withWhy } from './audited-session.ts'
import { type LogOptions, onEitherLog, openLogSession, withLogSession } from './log-session.ts'
import { CommandError, configOf, wholeNumber } from './settings.ts'

/** Replays that one call asks for at most: whoever runs the hook holds them until they are over. */
const REPLAYS_MAX = 10_000

interface RunOptions extends LogOptions {
  readonly port?: string
}

interface ListOptions extends LogOptions {
  readonly hook?: string
  readonly outcome: string
  readonly limit: string
}

interface ReplayOptions extends RepeatOptions {
  readonly all?: boolean
}

const ACTION_ID = 'the action’s id, as `hooks list` prints it'

/** `sluice hooks` */
export function hooksCommand(): Command {
  const group = new Command('hooks')
    .description('bring actions to the receivers of the hooks file, and look after what they did not take')
    .addCommand(
      new Command('run')
        .description('bring actions to every hook, until Ctrl-C; `sluice up` does so itself')
        .option('--port <n>', 'port of metrics and health (SLUICE_METRICS_PORT)')
        .action((_options, command: Command) => runRun(command.optsWithGlobals<RunOptions>())),
    )
    .addCommand(
      new Command('list')
        .description('print what no receiver has taken, oldest first')
        .option('--hook <name>', 'only of this hook')
        .option('--outcome <name>', `${HOOK_OUTCOME_SYMBOLS.slice(1).join(', ')}, or any`, 'DEAD')
        .option('--limit <n>', 'the last so many', '50')
        .action((_options, command: Command) => runList(command.optsWithGlobals<ListOptions>())),
    )
    .addCommand(
      new Command('show')
        .description('print every try to bring an action to its hooks')
        .argument('<action>', ACTION_ID)
        .action((id: string, _options, command: Command) => runShow(id, command.optsWithGlobals<LogOptions>())),
    )
    .addCommand(
      withWhy(new Command('replay').description('have what a hook was not brought tried again, under the same ids'))
        .argument('<hook>', 'its name in the hooks file')
        .argument('[actions...]', ACTION_ID)
        .option('--all', 'everything of this hook that is dead')
        .action((hook: string, ids: string[], _options, command: Command) =>
          runReplay(hook, ids, command.optsWithGlobals<ReplayOptions>()),
        ),
    )
    .addHelpText(
      'after',
      '\nSLUICE_HOOKS names the hooks file (docs/hooks.md). Every action comes at least once to each hook, always under its own id.' +
        '\n\nExamples:\n  SLUICE_HOOKS=hooks.yaml sluice hooks run --kafka\n  sluice hooks list --hook cards' +
        '\n  sluice hooks show 3-1042-BLOCK_CARD\n  sluice hooks replay cards --all\n',
    )
  return onEitherLog(group)
}

async function runRun(options: RunOptions): Promise<void> {
  // The Redis client takes its time to load; no other command should wait for it.
  const { runHooks } = await import('../runtime/hooks/hooks-process.ts')
  const config = configOf(options, { ...(options.port !== undefined && { SLUICE_METRICS_PORT: options.port }) })
  await runHooks(config, () => openLogSession(config, options))
}

async function runList({ outcome, ...options }: ListOptions): Promise<void> {
  const limit = wholeNumber(options.limit, '--limit', 1)
  if (outcome !== 'any' && !HOOK_OUTCOME_SYMBOLS.slice(1).some((symbol) => symbol === outcome)) {
    throw new CommandError(`--outcome ${outcome}: there are ${HOOK_OUTCOME_SYMBOLS.slice(1).join(', ')}, any`, 2)
  }
  await withLogSession(options, async (session) => {
    const found = (await undelivered(session)).filter(
      (delivery) =>
        (outcome === 'any' || delivery.outcome === outcome) &&
        (options.hook === undefined || delivery.hook === options.hook),
    )
    for (const delivery of found.slice(-limit)) show(delivery, options)
    if (found.length === 0 && !options.json) print('no such deliveries')
  })
}

async function runShow(id: string, options: LogOptions): Promise<void> {
  await withLogSession(options, async (session) => {
    let count = 0
    await visitDeliveries(session, (delivery) => {
      if (delivery.actionId !== id) return
      count++
      show(delivery, options)
    })
    if (count === 0) throw new CommandError(`no try to bring ${id} to a hook stands in the log`)
  })
}

async function runReplay(hook: string, ids: readonly string[], options: ReplayOptions): Promise<void> {
  if ((ids.length === 0) !== (options.all === true)) throw new CommandError('name actions, or --all', 2)
  const act = { act: 'hook.replay', subject: hook, actor: options.as, reason: options.why ?? null }
  await withAuditedSession(options, act, async (session) => {
    const dead = options.all
      ? (await undelivered(session)).filter((one) => one.hook === hook && one.outcome === 'DEAD')
      : await newestOf(session, hook, ids)
    const open = dead.find(({ outcome }) => outcome === 'FAILED' || outcome === 'REPLAY_ASKED')
    if (open !== undefined) throw new CommandError(`${open.actionId} is being tried already; see \`sluice hooks show\``)
    const missing = ids.find((id) => !dead.some(({ actionId }) => actionId === id))
    if (missing !== undefined) throw new CommandError(`no try to bring ${missing} to ${hook} stands in the log`)
    const asked = dead.slice(0, REPLAYS_MAX)
    await askReplay(session, asked)
    if (options.json) return print(JSON.stringify({ asked: asked.length, left: dead.length - asked.length }))
    const left = dead.length > asked.length ? `, ${dead.length - asked.length} are left for another call` : ''
    print(`${asked.length} are tried again by whoever runs ${hook}${left}`)
  })
}

function show(delivery: HookDelivery, { json }: Pick<LogOptions, 'json'>): void {
  print(json ? JSON.stringify(schemaNamed('HookDelivery', delivery)) : deliveryLine(delivery))
}

function deliveryLine({ hook, actionId, outcome, tries, detail, triedAt, nextTryAt }: HookDelivery): string {
  const colour = outcome === 'DELIVERED' ? 'green' : outcome === 'DEAD' ? 'red' : 'yellow'
  const next = nextTryAt === null ? '' : `  next ${new Date(nextTryAt).toISOString()}`
  return `${hook}  ${actionId}  ${styled(colour, outcome)}  try ${tries}  ${detail}  ${new Date(triedAt).toISOString()}${next}`
}
