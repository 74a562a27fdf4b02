/**
 * Runs in the page before its own script, which knows nothing of it. Alerts are noted in the order in which the feed brings them, as
 * the page counts them. Once the counter says `n`, the next frame begins after the one that shows `n` was made: its time is that of the
 * first `n` alerts.
 */
{
  const arrived: string[] = []
  const shown: { readonly transaction: string; readonly atMs: number }[] = []
  const notes = { shown, longestTaskMs: 0 }
  Object.assign(window, { notes })
  const listen = EventTarget.prototype.addEventListener
  EventSource.prototype.addEventListener = function (this: EventSource, type: string, listener: never) {
    if (type === 'entries') {
      listen.call(this, type, (event) => {
        const entries = JSON.parse((event as MessageEvent<string>).data) as {
          readonly kind: string
          readonly value: { readonly transaction_id: string }
        }[]
        for (const { kind, value } of entries) if (kind === 'alert') arrived.push(value.transaction_id)
      })
    }
    listen.call(this, type, listener)
  }
  const counted = () => Number(document.getElementById('received')?.getAttribute('data-received') ?? 0)
  let seen = 0
  const changed = () => {
    const now = counted()
    if (now <= seen) return
    const from = seen
    seen = now
    requestAnimationFrame(() => {
      const atMs = Date.now()
      for (const transaction of arrived.slice(from, now)) shown.push({ transaction, atMs })
    })
  }
  document.addEventListener('DOMContentLoaded', () => {
    const options = { subtree: true, childList: true, attributes: true, attributeFilter: ['data-received'] }
    new MutationObserver(changed).observe(document.body, options)
  })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) notes.longestTaskMs = Math.max(notes.longestTaskMs, duration)
  }).observe({ type: 'longtask', buffered: true })
}
