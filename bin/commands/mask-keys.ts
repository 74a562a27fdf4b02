import { Command } from 'commander'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { agreeOnMaskKey } from '../runtime/agreed-keys.ts'
import { committedStores } from '../runtime/control/committed-state.ts'
import { ALL_PARTITIONS, sendControl } from '../runtime/control/control-records.ts'
import { tokenKeyOf } from '../runtime/control/list-entries.ts'
import { PARTITIONS, type Session } from '../runtime/session.ts'
import { print } from '../view/text.ts'
import { withAuditedSession } from './audited-session.ts'
import { type ChangeOptions, placesText, settled, WAITING, withReason } from './control-settings.ts'
import { type LogOptions, onEitherLog, withLogSession } from './log-session.ts'
import { CommandError } from './settings.ts'

interface ActivateOptions extends ChangeOptions {
  readonly forgetLists?: boolean
}

/** `sluice mask-keys` */
export function maskKeysCommand(): Command {
  return onEitherLog(
    new Command('mask-keys')
      .description('the keys that card numbers and personal data are masked with: which is in force, and the next one')
      .addCommand(
        new Command('show')
          .description('print each key of mask-keys.json and what it is used for')
          .action((_options, command: Command) => runShow(command.optsWithGlobals<LogOptions>())),
      )
      .addCommand(
        withReason(
          new Command('activate').description(
            'have the chain mask with this key, from one stated offset in each partition',
          ),
        )
          .argument('<id>', 'of mask-keys.json')
          .option('--forget-lists', 'also when listed cards, e-mails and addresses would be unknown under it')
          .action((id: string, _options, command: Command) =>
            runActivate(id, command.optsWithGlobals<ActivateOptions>()),
          ),
      )
      .addHelpText(
        'after',
        '\nThe chain masks what comes raw; our own producers and the API mask before they send, with the first key of the file. Both' +
          '\nverify under every key of it. docs/runbook.md has the steps of a rotation.' +
          '\n\nExamples:\n  sluice mask-keys show\n  sluice mask-keys activate mask-2 --reason "yearly rotation"\n',
      ),
  )
}

async function runShow(options: LogOptions): Promise<void> {
  await withLogSession(options, async (session) => {
    const uses = await keyUses(session)
    for (const [place, [id, { partitions, entries }]] of [...uses].entries()) {
      const at = [...(partitions.length > 0 ? ['chain'] : []), ...(place === 0 ? ['edges'] : [])]
      if (options.json) print(JSON.stringify({ id, masks_at: at, partitions, list_entries: entries.size }))
      else print(`${id}  masks at: ${placesOf(at, partitions)}; ${entries.size} list entries`)
    }
  })
}

/** Partitions are named where one key is not in force in all of them. */
function placesOf(at: readonly string[], partitions: readonly number[]): string {
  const isEverywhere = partitions.length === 0 || partitions.length === PARTITIONS
  const places = at.map((place) =>
    place === 'chain' && !isEverywhere ? `chain in partitions ${partitions.join(', ')} alone` : place,
  )
  return places.join(', ') || 'nothing new'
}

async function runActivate(id: string, options: ActivateOptions): Promise<void> {
  const by = { actor: options.as, reason: options.reason ?? null }
  await withAuditedSession(options, { act: 'mask-key.activate', subject: id, ...by }, async (session) => {
    const { keys } = session.folder
    const ids = keys.maskKeys.map((key) => key.id)
    if (!ids.includes(id)) throw new CommandError(`${id} is no key of mask-keys.json, which has ${ids.join(', ')}`, 2)
    const uses = await keyUses(session)
    const unknown =
      Math.max(...[...uses.values()].map(({ entries }) => entries.size)) - (uses.get(id)?.entries.size ?? 0)
    if (unknown > 0 && options.forgetLists !== true) {
      const what = `${unknown} listed cards, e-mails or addresses have no entry under ${id}: payments with them would pass`
      throw new CommandError(`${what}; list them again first (the values are not kept), or say --forget-lists`)
    }
    // Before the record: whoever starts from now on must have it.
    await agreeOnMaskKey(session, keys, id)
    const change = { kind: 'MASK_KEY_ACTIVATED', ...by, subject: id } as const
    const places = await sendControl(session, 'admin', change, ALL_PARTITIONS, machineTime.nowMs())
    const holds = await settled(session, places)
    const before = [...uses].flatMap(([known, { partitions }]) => (partitions.length > 0 ? [known] : []))
    if (options.json) print(JSON.stringify({ kind: change.kind, id, before, holds, places }))
    else
      print(
        `${id}: masks from input ${placesText(places)} on, ${before.join(' and ')} before${holds ? '' : `\n${WAITING}`}`,
      )
  })
}

interface KeyUses {
  /** Where it is in force. */
  readonly partitions: number[]
  /** Those that count still; an entry stands in every partition. */
  readonly entries: Set<string>
}

/** By key, in the order of the file. */
async function keyUses(session: Session<Log>): Promise<ReadonlyMap<string, KeyUses>> {
  const uses = new Map(
    session.folder.keys.maskKeys.map(({ id }) => [id, { partitions: [], entries: new Set() } as KeyUses]),
  )
  const untilMs = new Map<string, number>()
  let nowMs = 0
  for (const partition of ALL_PARTITIONS) {
    const { masking, lists, streamTimeMs } = await committedStores(session, partition)
    uses.get(masking.keys.ids[masking.activeKey] ?? '')?.partitions.push(partition)
    for (const [entry, until] of lists) untilMs.set(entry, until)
    nowMs = Math.max(nowMs, streamTimeMs)
  }
  for (const [entry, until] of untilMs) {
    if (until > nowMs) uses.get(tokenKeyOf(entry) ?? '')?.entries.add(entry)
  }
  return uses
}
