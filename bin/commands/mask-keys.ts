import { Command } from 'commander'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { committedStores } from '../runtime/control/committed-state.ts'
import { ALL_PARTITIONS, sendControl } from '../runtime/control/control-records.ts'
import { tokenKeyOf } from '../runtime/control/list-entries.ts'
import type { Session } from '../runtime/session.ts'
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
    const { inForce, listed } = await usedBy(session)
    for (const [place, { id }] of session.folder.keys.maskKeys.entries()) {
      const uses = [...(id === inForce ? ['chain'] : []), ...(place === 0 ? ['edges'] : [])]
      const entries = listed.get(id) ?? 0
      if (options.json) print(JSON.stringify({ id, masks_at: uses, list_entries: entries }))
      else print(`${id}  masks at: ${uses.join(', ') || 'nothing new'}; ${entries} list entries`)
    }
  })
}

async function runActivate(id: string, options: ActivateOptions): Promise<void> {
  const by = { actor: options.as, reason: options.reason ?? null }
  await withAuditedSession(options, { act: 'mask-key.activate', subject: id, ...by }, async (session) => {
    const ids = session.folder.keys.maskKeys.map((key) => key.id)
    if (!ids.includes(id)) throw new CommandError(`${id} is no key of mask-keys.json, which has ${ids.join(', ')}`, 2)
    const { inForce, listed } = await usedBy(session)
    const unknown = Math.max(0, ...listed.values()) - (listed.get(id) ?? 0)
    if (unknown > 0 && options.forgetLists !== true) {
      const what = `${unknown} listed cards, e-mails or addresses have no entry under ${id}: payments with them would pass`
      throw new CommandError(`${what}; list them again first (the values are not kept), or say --forget-lists`)
    }
    const change = { kind: 'MASK_KEY_ACTIVATED', ...by, subject: id } as const
    // Also of the one in force: that is what one partition says, and a second time does no harm.
    const places = await sendControl(session, 'admin', change, ALL_PARTITIONS, machineTime.nowMs())
    const holds = await settled(session, places)
    if (options.json) print(JSON.stringify({ kind: change.kind, id, before: inForce, holds, places }))
    else print(`${id}: masks from input ${placesText(places)} on, ${inForce} before${holds ? '' : `\n${WAITING}`}`)
  })
}

/** The key in force and the list entries by key. Both stand in every partition by one transaction, so any of them tells. */
async function usedBy(session: Session<Log>): Promise<{ inForce: string; listed: ReadonlyMap<string, number> }> {
  const { masking, lists } = await committedStores(session, 0)
  const listed = new Map<string, number>()
  for (const entry of lists.keys()) {
    const id = tokenKeyOf(entry)
    if (id !== null) listed.set(id, (listed.get(id) ?? 0) + 1)
  }
  return { inForce: masking.keys.ids[masking.activeKey] ?? '', listed }
}
