import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { type ControlOutcome, controlOutcome } from '../runtime/control/control-outcome.ts'
import type { ControlPlace } from '../runtime/control/control-records.ts'
import type { Session } from '../runtime/session.ts'
import type { LogOptions } from './log-session.ts'
import { CommandError } from './settings.ts'

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

/**
 * Waits for what the chain makes of the records. Returns whether all hold; false when a task has not come to one yet, which it will.
 * @throws CommandError naming each that was refused, and how many hold all the same.
 */
export async function settled(session: Session<Log>, places: readonly ControlPlace[]): Promise<boolean> {
  const outcomes: ControlOutcome[] = []
  const untilMs = machineTime.nowMs() + WAIT_MS
  for (const place of places) outcomes.push(await controlOutcome(session, place, untilMs))
  const refusals = outcomes.flatMap((outcome, i) => {
    return typeof outcome === 'object' ? [`refused at ${placesText(places.slice(i, i + 1))}: ${outcome.refused}`] : []
  })
  const held = outcomes.filter((outcome) => outcome === 'holds').length
  if (refusals.length === 0) return held === places.length
  throw new CommandError(
    [...refusals, held === 0 ? 'nothing has changed' : `it holds in ${held} partitions`].join('\n'),
  )
}

/** `3-1042, 5-77`: partition and offset of each place. */
export function placesText(places: readonly ControlPlace[]): string {
  return places.map(({ partition, offset }) => `${partition}-${offset}`).join(', ')
}

/** What a change says at its end when no pipeline has come to it. */
export const WAITING = 'written; it holds once a pipeline comes to it: is `sluice up` or a worker running?'
