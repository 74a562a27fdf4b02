import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { entries, received } from '../feed.ts'

const EVERY_MS = 5_000

/** Tells who cannot see the feed what came, in one line every five seconds at most; critical alerts are said at once after that. */
export function Announcer() {
  const line = useSignal('')
  const critical = useSignal('')
  useEffect(() => {
    let toldReceived = received.peek()
    let toldId = entries.peek()[0]?.id
    const timer = setInterval(() => {
      const fresh = received.peek() - toldReceived
      if (fresh === 0) return
      toldReceived = received.peek()
      const since = entries.peek()
      const known = since.findIndex(({ id }) => id === toldId)
      toldId = since[0]?.id
      const newest = since.slice(0, known < 0 ? since.length : known)
      const worst = newest.find((entry) => entry.kind === 'alert' && entry.value.severity === 'CRITICAL')
      line.value = `${fresh} new ${fresh === 1 ? 'alert' : 'alerts'}`
      if (worst?.kind !== 'alert') return
      const { sender_account_id, velocity_count } = worst.value
      critical.value = `Critical: ${sender_account_id}, ${velocity_count} payments within a minute`
    }, EVERY_MS)
    return () => clearInterval(timer)
  }, [line, critical])
  return (
    <div class="unseen">
      <p role="status">{line}</p>
      <p role="alert">{critical}</p>
    </div>
  )
}
