/**
 * - REFUSED:   it is no question, or asks for more than the archive.
 * - FAILED:    DuckDB could not answer it; the message is DuckDB's.
 * - TIMED_OUT: it took longer than it may.
 * - CANCELLED: nobody waits for the answer any more.
 */
export type QueryFailure = 'REFUSED' | 'FAILED' | 'TIMED_OUT' | 'CANCELLED'

/** A question that the archive did not answer, and why. */
export class QueryRefused extends Error {
  readonly failure: QueryFailure

  constructor(failure: QueryFailure, message: string) {
    super(message)
    this.failure = failure
  }
}
