import type { Command } from 'commander'
import type { Config } from '../../platform/config.ts'
import type { Log } from '../../streams/log/log.ts'
import { openSession, type Session } from '../runtime/session.ts'
import { type CommonOptions, configOf } from './settings.ts'

/** Options of every command that looks at the log of a data folder, or at a cluster. */
export interface LogOptions extends CommonOptions {
  readonly kafka?: boolean
}

/** Adds `--kafka` to a command, or to every command that a group has so far. */
export function onEitherLog(command: Command): Command {
  const commands = command.commands.length === 0 ? [command] : command.commands
  for (const one of commands) one.option('--kafka', 'on the cluster that SLUICE_KAFKA_BOOTSTRAP names')
  return command
}

/**
 * Opens the log of the data folder, or the cluster, with the folder's keys; `reading` is of the folder's log alone. @throws what both
 * sessions do.
 */
export async function openLogSession(
  config: Config,
  { kafka }: Pick<LogOptions, 'kafka'>,
  reading: Parameters<typeof openSession>[1] = {},
): Promise<Session<Log>> {
  if (kafka !== true) return openSession(config, reading)
  // The Kafka client takes a second to load; nothing else should wait for it.
  const { openClusterSession } = await import('../runtime/cluster-session.ts')
  return openClusterSession(config)
}

/** Runs `work` with that session, and closes it. */
export async function withLogSession<T>(options: LogOptions, work: (session: Session<Log>) => Promise<T>): Promise<T> {
  const session = await openLogSession(configOf(options), options)
  try {
    return await work(session)
  } finally {
    await session.log.close()
  }
}
