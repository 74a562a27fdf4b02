import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { Config } from '../../platform/config.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { type ControlOutcome, controlOutcome } from '../runtime/control-outcome.ts'
import type { ControlPlace } from '../runtime/control-records.ts'
import { openSession, type Session } from '../runtime/session.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

/** How long a command waits for the chain to come to its record. */
const WAIT_MS = 5_000

/** Options of every command that changes something. */
export interface ChangeOptions extends LogOptions {
  readonly reason?: string
  readonly as: string
}

/** Adds `--reason` and `--as`, which stand in the record for ever. */
export function withReason(command: Command): Command {
  return command
    .requiredOption('--reason <text>', 'why; it is kept with the change')
    .option('--as <name>', 'who; it is kept with the change', userInfo().username)
}

/** Options of every command that looks at a data folder's log, or at a cluster's. */
export interface LogOptions extends CommonOptions {
  readonly kafka?: boolean
}

/** Adds `--kafka` to every command of a group. */
export function onEitherLog(group: Command): Command {
  for (const command of group.commands) command.option('--kafka', 'on the cluster that SLUICE_KAFKA_BOOTSTRAP names')
  return group
}

/** Runs `work` with the session of the data folder, or of the cluster, and closes it. */
export async function withSession<T>(options: LogOptions, work: (session: Session<Log>) => Promise<T>): Promise<T> {
  const config = configOf(options)
  const session = options.kafka === true ? await openCluster(config) : await openSession(config)
  try {
    return await work(session)
  } finally {
    await session.log.close()
  }
}

/** The Kafka client takes a second to load; nothing else should wait for it. */
async function openCluster(config: Config): Promise<Session<Log>> {
  const { openClusterSession } = await import('../runtime/cluster-session.ts')
  return openClusterSession(config)
}

/**
 * Waits for what the chain makes of the records. Returns whether all hold; false when a task has not come to one yet, which it will.
 * @throws CommandError with the first refusal.
 */
export async function settled(session: Session<Log>, places: readonly ControlPlace[]): Promise<boolean> {
  const outcomes: ControlOutcome[] = []
  const untilMs = machineTime.nowMs() + WAIT_MS
  for (const place of places) outcomes.push(await controlOutcome(session, place, untilMs))
  for (const outcome of outcomes) {
    if (typeof outcome === 'object') throw new CommandError(`refused, nothing has changed: ${outcome.refused}`)
  }
  return outcomes.every((outcome) => outcome === 'holds')
}

/** `3-1042, 5-77`: partition and offset of each place. */
export function placesText(places: readonly ControlPlace[]): string {
  return places.map(({ partition, offset }) => `${partition}-${offset}`).join(', ')
}

/** What a change says at its end when no pipeline has come to it. */
export const WAITING = 'written; it holds once a pipeline comes to it: is `sluice up` or a worker running?'
