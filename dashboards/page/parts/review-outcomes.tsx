import type { ReviewsView } from '../../board/views.ts'
import { count, words } from '../text.ts'
import { Fact, Panel } from './blocks.tsx'

/**
 * What the ended reviews say of the rules: an approved payment was stopped for nothing. A signal's precision is the share of the
 * payments it hit that people declined.
 */
export function ReviewOutcomes({ reviews }: { readonly reviews: ReviewsView }) {
  const { ended, precision } = reviews
  const judged = ended.approved + ended.declined
  return (
    <Panel title="What people decided" aside={<span class="push muted">all that the log holds</span>}>
      <div class="body stack">
        <dl class="facts">
          <Fact name="Approved">{count(ended.approved)}</Fact>
          <Fact name="Declined">{count(ended.declined)}</Fact>
          <Fact name="Expired, declined by default">{count(ended.expired)}</Fact>
          <Fact name="False positives">
            <b>{judged === 0 ? '–' : `${((ended.approved / judged) * 100).toFixed(1)} %`}</b>
          </Fact>
        </dl>
        {judged === 0 ? (
          <p class="muted">The first review that somebody ends begins the figures.</p>
        ) : (
          <table class="parts">
            <caption class="muted">Precision of each signal, from {count(judged)} reviews</caption>
            <tbody>
              {precision.map(({ signal, approved, declined }) => {
                const share = (declined / (approved + declined)) * 100
                return (
                  <tr key={signal}>
                    <th scope="row">{words(signal)}</th>
                    <td class="bar">
                      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="track" width="100" height="8" />
                        <rect class="fill" width={share} height="8" />
                      </svg>
                    </td>
                    <td class="number">
                      {Math.round(share)} % <span class="muted">of {count(approved + declined)}</span>
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        )}
      </div>
    </Panel>
  )
}
