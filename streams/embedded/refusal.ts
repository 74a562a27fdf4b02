import { type ErrorPlace, type NextStep, StreamsError } from '../errors.ts'

/** A StreamsError as it crosses a thread's border. A refused request has changed nothing. */
export interface Refusal {
  readonly code: string
  readonly next: NextStep
  readonly what: string
  readonly place: ErrorPlace
}

/** Thrown inside a transaction before anything of the request is written. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(code: string, next: NextStep, what: string, place: ErrorPlace = {}) {
    super(what)
    this.refusal = { code, next, what, place }
  }
}

export function toStreamsError({ code, next, what, place }: Refusal): StreamsError {
  return new StreamsError(code, next, what, place)
}
