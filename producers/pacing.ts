import type { Clock } from './clock.ts'

/** After so many items without a pause, waiting input and output gets its turn. */
const ITEMS_A_TURN = 2_048

export interface Pacing<T> {
  /** When an item is due, epoch ms; null sends as fast as `send` takes. */
  readonly dueMs: ((item: T) => number) | null
  /** Hands one item over; a promise means "wait until there is room". */
  readonly send: (item: T) => Promise<unknown> | undefined
  readonly clock: Clock
  /** Stops between two items. */
  readonly signal?: AbortSignal
}

/**
 * Sends each item when it is due: an open loop. An item that is overdue, because the receiver or this process was slow,
 * goes at once; when it was due does not change, so a latency counted from there includes the delay. Returns how many
 * were sent.
 */
export async function sendPaced<T>(items: Iterable<T>, { dueMs, send, clock, signal }: Pacing<T>): Promise<number> {
  let sent = 0
  let nowMs = clock.now()
  for (const item of items) {
    if (signal?.aborted) break
    const due = dueMs === null ? nowMs : dueMs(item)
    if (due > nowMs) {
      nowMs = clock.now()
      if (due > nowMs) {
        await clock.sleepUntil(due, signal)
        if (signal?.aborted) break
        nowMs = clock.now()
      }
    }
    const room = send(item)
    if (room !== undefined) await room
    if (++sent % ITEMS_A_TURN === 0) await clock.turn()
  }
  return sent
}
