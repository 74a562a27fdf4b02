import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { type ControlOutcome, controlOutcome } from '../runtime/control-outcome.ts'
import type { ControlPlace } from '../runtime/control-records.ts'
import { openSession, type Session } from '../runtime/session.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

/** How long a command waits for the chain to come to its record. */
const WAIT_MS = 5_000

/** Options of every command that changes something. */
export interface ChangeOptions extends CommonOptions {
  readonly reason?: string
  readonly as: string
}

/** Adds `--reason` and `--as`, which stand in the record for ever. */
export function withReason(command: Command): Command {
  return command
    .requiredOption('--reason <text>', 'why; it is kept with the change')
    .option('--as <name>', 'who; it is kept with the change', userInfo().username)
}

/** Runs `work` with the data folder's session, and closes it. */
export async function withSession<T>(options: CommonOptions, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(configOf(options))
  try {
    return await work(session)
  } finally {
    await session.log.close()
  }
}

/**
 * Waits for what the chain makes of the records. Returns whether all hold; false when a task has not come to one yet, which it will.
 * @throws CommandError with the first refusal.
 */
export async function settled(session: Session, places: readonly ControlPlace[]): Promise<boolean> {
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
export const WAITING = 'written; it holds once a pipeline comes to it: is `sluice up` running?'
