import { useSignal } from '@preact/signals'
import type { ReviewsView, ReviewView } from '../../board/views.ts'
import { act, type Refused, session, useLoaded } from '../api.ts'
import { useKeys } from '../keys.ts'
import { ActForm, type Offer } from '../parts/act-form.tsx'
import { Reasons, Score, ScoreParts } from '../parts/badges.tsx'
import { Empty, Fact, Failure, Panel } from '../parts/blocks.tsx'
import { Icon } from '../parts/icon.tsx'
import { ReviewOutcomes } from '../parts/review-outcomes.tsx'
import { accountPath, decisionPath } from '../route.ts'
import { count, dateTime, duration, money, visible } from '../text.ts'

const EVERY_MS = 2_000
const REASON_ID = 'review-reason'

export function ReviewScreen() {
  const acted = useSignal(0)
  const chosenId = useSignal<string | null>(null)
  const said = useSignal('')
  const { data, error } = useLoaded<ReviewsView>('/reviews', EVERY_MS, acted)
  const waiting = data?.waiting ?? []
  const at = Math.max(
    0,
    waiting.findIndex(({ decisionId }) => decisionId === chosenId.value),
  )
  const chosen = waiting[at] ?? null
  const step = (by: number) => {
    const next = waiting[Math.max(0, Math.min(waiting.length - 1, at + by))]
    if (next === undefined) return
    chosenId.value = next.decisionId
    document.querySelector<HTMLElement>(`[data-review="${next.decisionId}"] button`)?.focus()
  }
  const claim = async () => {
    if (chosen === null) return
    try {
      await act(`/reviews/${chosen.decisionId}/claim`, {})
      said.value = ''
      acted.value++
    } catch (refused) {
      said.value = (refused as Refused).message
    }
  }
  /** The act itself waits for its reason: the key leads there, and Enter presses the button. */
  const end = (how: string) => {
    const reason = document.getElementById(REASON_ID) as HTMLInputElement | null
    if (reason === null) return
    if (reason.value.trim() === '') reason.focus()
    else document.querySelector<HTMLElement>(`[data-act="${how}"]`)?.click()
  }
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    c: () => void claim(),
    a: () => end('approve'),
    d: () => end('decline'),
  })
  if (data === null) return <Failure error={error} />
  return (
    <>
      <Failure error={error} />
      {!data.complete && (
        <p class="notice" role="status">
          <Icon name="info" />
          The log is still being read; more may wait than is shown.
        </p>
      )}
      <div class="columns even">
        <Queue reviews={data} chosen={chosen} onChoose={(decisionId) => (chosenId.value = decisionId)} />
        <div class="stack">
          {chosen !== null && (
            <Chosen
              key={chosen.decisionId}
              review={chosen}
              nowMs={data.nowMs}
              refused={said.value}
              onClaim={() => void claim()}
              onDone={() => acted.value++}
            />
          )}
          <ReviewOutcomes reviews={data} />
        </div>
      </div>
    </>
  )
}

interface QueueProps {
  readonly reviews: ReviewsView
  readonly chosen: ReviewView | null
  readonly onChoose: (decisionId: string) => void
}

function Queue({ reviews, chosen, onChoose }: QueueProps) {
  const { waiting, waitingInAll, slaMs, nowMs } = reviews
  const late = waiting.filter(({ appendTime }) => nowMs - appendTime > slaMs).length
  return (
    <Panel
      title={`Waiting: ${count(waitingInAll)}`}
      aside={
        <span class={`push ${late > 0 ? 'badge high' : 'muted'}`}>
          {late > 0 ? `${count(late)} beyond ${duration(slaMs)}` : `all within ${duration(slaMs)}`}
        </span>
      }
    >
      {waiting.length === 0 ? (
        <Empty title="Nothing waits for a person">
          A payment comes here when its score is over 80 and nothing blocks it. The default rules make few; a lower{' '}
          <code>MANUAL_REVIEW.score_over</code> makes more.
        </Empty>
      ) : (
        <div class="scroll">
          <table class="list">
            <caption class="unseen">Payments in review, the longest waiting first</caption>
            <thead>
              <tr>
                <th scope="col">Waits</th>
                <th scope="col">Account</th>
                <th scope="col" class="number">
                  Amount
                </th>
                <th scope="col">Score</th>
                <th scope="col">Claimed by</th>
              </tr>
            </thead>
            <tbody>
              {waiting.map((review) => (
                <tr
                  key={review.decisionId}
                  data-review={review.decisionId}
                  class={review.decisionId === chosen?.decisionId ? 'chosen' : ''}
                >
                  <td>
                    <button
                      type="button"
                      class="link"
                      aria-pressed={review.decisionId === chosen?.decisionId}
                      onClick={() => onChoose(review.decisionId)}
                    >
                      {duration(nowMs - review.appendTime)}
                    </button>
                    {nowMs - review.appendTime > slaMs && <span class="badge high">late</span>}
                  </td>
                  <td class="mono clip">{visible(review.accountId)}</td>
                  <td class="number">{money(review.amountMinor, review.currency)}</td>
                  <td>
                    <Score score={review.score} />
                  </td>
                  <td>{review.claim === null ? <span class="muted">nobody</span> : visible(review.claim.actor)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

interface ChosenProps {
  readonly review: ReviewView
  readonly nowMs: number
  readonly refused: string
  readonly onClaim: () => void
  readonly onDone: () => void
}

function Chosen({ review, nowMs, refused, onClaim, onDone }: ChosenProps) {
  const { decisionId, claim } = review
  const offers: Offer[] = [
    { label: 'Approve', path: `/reviews/${decisionId}/approve`, role: 'analyst' },
    { label: 'Decline', path: `/reviews/${decisionId}/decline`, role: 'analyst', danger: true },
  ]
  const mine = claim?.actor === session.value?.user?.name
  return (
    <Panel
      title={`Payment ${decisionId}`}
      aside={
        <>
          <a class="push" href={decisionPath(decisionId)}>
            whole decision
          </a>
          <a href={accountPath(review.accountId)}>account</a>
        </>
      }
    >
      <div class="body stack">
        <dl class="facts">
          <Fact name="Amount">
            <b>{money(review.amountMinor, review.currency)}</b>
          </Fact>
          <Fact name="From">
            <span class="mono">{visible(review.accountId)}</span>
          </Fact>
          <Fact name="To">
            <span class="mono">{visible(review.merchantId ?? review.receiverId)}</span>
          </Fact>
          <Fact name="At">{dateTime(review.eventTime)}</Fact>
          <Fact name="Unless ended, declined">{dateTime(review.expiresAt)}</Fact>
          <Fact name="Why">
            <Reasons reasons={review.reasons} />
          </Fact>
        </dl>
        <ScoreParts score={review.score} reasons={review.reasons} />
        <div class="act">
          <button type="button" class="button" onClick={onClaim} aria-keyshortcuts="c" disabled={claim !== null}>
            {claim === null
              ? 'Claim'
              : `${mine ? 'Yours' : visible(claim.actor)} for ${duration(claim.untilMs - nowMs)}`}
          </button>
          <span class="muted">
            <kbd>j</kbd> <kbd>k</kbd> next, previous <kbd>c</kbd> claim <kbd>a</kbd> approve <kbd>d</kbd> decline
          </span>
        </div>
        {refused !== '' && (
          <p class="notice critical" role="alert">
            <Icon name="critical" />
            {refused}
          </p>
        )}
        <ActForm offers={offers} reasonId={REASON_ID} onDone={onDone} />
      </div>
    </Panel>
  )
}
