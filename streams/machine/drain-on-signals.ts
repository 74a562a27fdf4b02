/** What a signal drains. */
interface Closeable {
  close(): Promise<void>
}

/**
 * The first SIGINT or SIGTERM drains, then ends the process as that signal would have; a second one ends it at once.
 * Answers how to stop listening.
 */
export function drainOnSignals(application: Closeable): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const listeners = signals.map((signal) => [signal, () => void drain(signal)] as const)
  const release = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
  const drain = async (signal: NodeJS.Signals) => {
    release()
    await application.close()
    process.kill(process.pid, signal)
  }
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return release
}
