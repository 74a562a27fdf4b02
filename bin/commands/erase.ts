import { Command } from 'commander'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { clusterErasable, type ErasableLog, embeddedErasable } from '../runtime/erasure/erasable-log.ts'
import { continueErasure, ErasureRefused, isDone } from '../runtime/erasure/erase.ts'
import { requestErasure } from '../runtime/erasure/erasure-request.ts'
import { type Receipt, receiptOf } from '../runtime/erasure/receipt.ts'
import { SUBJECT } from '../runtime/erasure/subject.ts'
import { openSession } from '../runtime/session.ts'
import { print, styled } from '../view/text.ts'
import { type ChangeOptions, withReason } from './control-settings.ts'
import { CommandError, configOf } from './settings.ts'

interface EraseOptions extends ChangeOptions {
  readonly subject: string
  readonly reason: string
}

/** `sluice erase` */
export function eraseCommand(): Command {
  return withReason(
    new Command('erase').description(
      'forget a person in every store, and say from when on each holds nothing (GDPR Art. 17)',
    ),
  )
    .requiredOption('--subject <token>', 'as `sluice subject find` prints it')
    .option('--kafka', 'on the cluster that SLUICE_KAFKA_BOOTSTRAP names, with the data folder of a worker')
    .addHelpText(
      'after',
      '\nAsked again, it goes on where it was and prints the receipt anew; nothing is done twice. What the log still keeps leaves by its' +
        '\nretention while `sluice up` runs, or by the brokers’. Exits 1 while a store waits. docs/erasure.md says what each date means.' +
        '\n\nExamples:\n  SUBJECT=$(echo ana@example.org | sluice subject find)\n  sluice erase --subject "$SUBJECT" --reason "request 2026-114"\n',
    )
    .action((_options, command: Command) => runErase(command.optsWithGlobals<EraseOptions>()))
}

async function runErase(options: EraseOptions): Promise<void> {
  const { subject, reason, as: actor } = options
  if (!SUBJECT.test(subject)) throw new CommandError('--subject: not a subject; `sluice subject find` prints one', 2)
  const log = await openErasable(options)
  try {
    const receipt = await erased(log, subject, { actor, reason })
    if (options.json) print(JSON.stringify(receipt))
    else for (const line of linesOf(receipt)) print(line)
    if (receipt.complete_from === null)
      throw new CommandError('not everything is erased; run it again when what waits has come')
  } finally {
    await log.session.log.close()
  }
}

async function openErasable(options: EraseOptions): Promise<ErasableLog> {
  const config = configOf(options)
  if (options.kafka !== true) return embeddedErasable(await openSession(config))
  // The Kafka client takes a second to load; nothing else should wait for it.
  const { openClusterSession } = await import('../runtime/cluster-session.ts')
  return clusterErasable(await openClusterSession(config))
}

async function erased(log: ErasableLog, subject: string, by: { readonly actor: string; readonly reason: string }) {
  try {
    const erasure = await requestErasure(log, subject, by, machineTime.nowMs())
    return receiptOf(log.session, isDone(erasure) ? erasure : await continueErasure(log, erasure, machineTime))
  } catch (error) {
    if (error instanceof ErasureRefused) throw new CommandError(error.message)
    throw error
  }
}

function linesOf({ subject, requested, by, reason, record, stores, failure, complete_from }: Receipt): string[] {
  const width = Math.max(...stores.map(({ store }) => store.length))
  return [
    `${subject}`,
    `  asked for ${requested} by ${by}: ${reason}${record === null ? '' : `; input ${record}`}`,
    ...stores.map(({ store, from, state, why }) => {
      const when = from === null ? styled('yellow', 'waits'.padEnd(24)) : from.padEnd(24)
      return `  ${store.padEnd(width)}  ${when}  ${state === 'erased' ? styled('green', state) : state}: ${why}`
    }),
    ...(failure === null ? [] : [`  the last try failed and is made again: ${failure}`]),
    complete_from === null ? '  something waits' : `  nothing of it can be read from ${complete_from} on`,
  ]
}
