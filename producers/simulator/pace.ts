/** Time as an argument: the machine's clock in production, a clock moved by hand in tests. Epoch ms. */
export interface Clock {
  now(): number
  /** Resolves when `now()` has reached `untilMs`, or soon after `signal` aborts. */
  sleepUntil(untilMs: number, signal?: AbortSignal): Promise<void>
}

/**
 * Hands out `records` when they are due and never waits for their receiver to catch up: an open loop. A record that is
 * overdue is handed out at once with its intended time unchanged, so latency counted from there includes the delay.
 */
export async function* paced<T>(
  records: Iterable<T>,
  dueMs: (record: T) => number,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<T> {
  let nowMs = clock.now()
  for (const record of records) {
    if (signal?.aborted) return
    const due = dueMs(record)
    if (due > nowMs) {
      nowMs = clock.now()
      if (due > nowMs) await clock.sleepUntil(due, signal)
      if (signal?.aborted) return
    }
    yield record
  }
}
