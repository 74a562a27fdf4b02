import { Observable } from 'rxjs'

/** Emits once when `signal` aborts. */
export function fromAbort(signal: AbortSignal): Observable<void> {
  return new Observable((subscriber) => {
    const emit = () => {
      subscriber.next()
      subscriber.complete()
    }
    if (signal.aborted) return emit()
    signal.addEventListener('abort', emit, { once: true })
    return () => signal.removeEventListener('abort', emit)
  })
}
