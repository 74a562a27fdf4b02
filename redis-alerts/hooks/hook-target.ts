import type { HookAction } from './hook-action.ts'

/** What came of one try to bring an action to a receiver. */
export interface TryResult {
  readonly delivered: boolean
  /** HTTP status of the answer, where there was one. */
  readonly status: number | null
  /** A code of what happened; never text of the receiver. */
  readonly detail: string
  /** How long the receiver asked to be left alone. */
  readonly retryAfterMs: number | null
}

/** Where actions go. What goes wrong out there is a result, not an error. */
export interface HookTarget {
  deliver(action: HookAction): Promise<TryResult>
  close(): void
}

export function failed(detail: string): TryResult {
  return { delivered: false, status: null, detail, retryAfterMs: null }
}
