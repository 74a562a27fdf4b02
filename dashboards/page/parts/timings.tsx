import type { DecisionView } from '../../board/views.ts'
import { duration } from '../text.ts'

/** The way of one payment in time: sent, in the log, taken by its task, decided and committed. */
export function Timings({ found }: { readonly found: DecisionView }) {
  const { payment, appendTime, processedAt, committedAt } = found
  const steps = [
    { name: 'until the log had it', fromMs: payment.eventTime, toMs: appendTime },
    { name: 'until its task took it', fromMs: appendTime, toMs: processedAt ?? committedAt },
    { name: 'decide and commit', fromMs: processedAt ?? committedAt, toMs: committedAt },
  ]
  const startMs = Math.min(payment.eventTime, appendTime)
  const spanMs = Math.max(1, committedAt - startMs)
  return (
    <table class="parts">
      <caption>
        Committed <b>{duration(Math.max(0, committedAt - payment.eventTime))}</b> after the payment’s own time
      </caption>
      <tbody>
        {steps.map(({ name, fromMs, toMs }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="bar">
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="track" width="100" height="8" />
                <rect
                  class="fill"
                  x={((Math.min(fromMs, toMs) - startMs) / spanMs) * 100}
                  width={Math.max(0.6, (Math.abs(toMs - fromMs) / spanMs) * 100)}
                  height="8"
                  rx="1"
                />
              </svg>
            </td>
            <td class="number">{duration(Math.max(0, toMs - fromMs))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
