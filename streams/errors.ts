/**
 * Errors by what happens next, after KIP-1050. Each carries where it happened, as far as known.
 *
 * - retry:  the world; pause, back off, try the same again, commit nothing meanwhile.
 * - abort:  the transaction's outcome is lost; abort, open a new session, read the committed offset, replay (SPEC X2).
 * - fenced: another owner has the partition; stop this task and write nothing more.
 * - stop:   a setting, a full disk or our own bug; stop the task, say what to change, lose nothing.
 *
 * A bad record is no error: it is a dead letter with a reason code.
 */
export type NextStep = 'retry' | 'abort' | 'fenced' | 'stop'

export interface ErrorPlace {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
}

/** The base of every error that the runtime raises. `code` is stable; `message` says what happened and what to do. */
export class StreamsError extends Error {
  readonly code: string
  readonly next: NextStep
  readonly place: ErrorPlace

  constructor(code: string, next: NextStep, message: string, place: ErrorPlace = {}, cause?: unknown) {
    super(`${message}${describePlace(place)}`, cause === undefined ? undefined : { cause })
    this.name = 'StreamsError'
    this.code = code
    this.next = next
    this.place = place
  }
}

function describePlace({ topic, partition, offset }: ErrorPlace): string {
  if (topic === undefined) return ''
  const at = partition === undefined ? topic : `${topic}-${partition}`
  return offset === undefined ? ` (${at})` : ` (${at}, offset ${offset})`
}

/** Our own bug: an invariant does not hold. Stops the task. */
export function invariant(condition: boolean, what: string, place: ErrorPlace = {}): asserts condition {
  if (!condition)
    throw new StreamsError('INVARIANT', 'stop', `invariant broken: ${what}; this is a bug in Sluice`, place)
}

/** Anything that was thrown, as an error that says what happens next; what nobody foresaw stops the task. */
export function asStreamsError(cause: unknown, place: ErrorPlace): StreamsError {
  if (cause instanceof StreamsError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new StreamsError('UNEXPECTED', 'stop', `unexpected: ${message}`, place, cause)
}
