/** Exit code of a process that a second Ctrl-C ended before it had drained. */
const INTERRUPTED = 130
/** One Ctrl-C may arrive several times: from the terminal, and passed on by the programs in between. */
const SAME_SIGNAL_MS = 500

/** How a process ends on purpose: the first signal asks it to drain, the second ends it at once. */
export interface Shutdown {
  /** Aborts when the process was asked to end. */
  readonly signal: AbortSignal
  /** Asks for the end from inside. */
  request(): void
  /** Lets the signals be the process's own again. */
  release(): void
}

/** Listens for SIGINT and SIGTERM. `onRequested` is told the signal's name, or null when the end was asked from inside. */
export function listenForShutdown(onRequested: (signal: NodeJS.Signals | null) => void = () => {}): Shutdown {
  const controller = new AbortController()
  let requestedMs = Number.NaN
  const request = (signal: NodeJS.Signals | null) => {
    if (controller.signal.aborted) {
      if (signal !== null && performance.now() - requestedMs > SAME_SIGNAL_MS) process.exit(INTERRUPTED)
      return
    }
    requestedMs = performance.now()
    onRequested(signal)
    controller.abort()
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  const listeners = signals.map((signal) => [signal, () => request(signal)] as const)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return {
    signal: controller.signal,
    request: () => request(null),
    release: () => {
      for (const [signal, listener] of listeners) process.off(signal, listener)
    },
  }
}
