import { useComputed, useSignal } from '@preact/signals'
import type { AccountView, PaymentView, UntilView } from '../../board/views.ts'
import { useLoaded } from '../api.ts'
import { entries } from '../feed.ts'
import { ActForm, type Offer } from '../parts/act-form.tsx'
import { ActionBadge, ScoreParts } from '../parts/badges.tsx'
import { Empty, Fact, Failure, Panel } from '../parts/blocks.tsx'
import { OlderPayments } from '../parts/older-payments.tsx'
import { PaymentTable } from '../parts/payment-table.tsx'
import { WindowLine } from '../parts/window-line.tsx'
import { clock, count, dateTime, visible } from '../text.ts'

/** An allowance made here ends after so long; a longer one is made on the command line. */
const ALLOWED_HOURS = 24

export function AccountScreen({ account }: { readonly account: string }) {
  const acted = useSignal(0)
  // The newest entry of this account: when it changes, there is more to see.
  const newest = useComputed(
    () => `${entries.value.find(({ value }) => value.sender_account_id === account)?.id} ${acted.value}`,
  )
  const { data, error } = useLoaded<AccountView>(`/accounts/${encodeURIComponent(account)}`, 5_000, newest)
  const path = `/accounts/${encodeURIComponent(account)}`
  const offers: Offer[] = [
    { label: 'Block', path: `${path}/block`, role: 'analyst', danger: true },
    { label: 'Unblock', path: `${path}/unblock`, role: 'analyst' },
    { label: `Allow for ${ALLOWED_HOURS} h`, path: `${path}/allow`, role: 'admin', hours: ALLOWED_HOURS },
  ]
  return (
    <>
      <Failure error={error} />
      {data !== null && (
        <div class="stack">
          <Panel title="Standing">
            <div class="body stack">
              <Standing account={data} />
              <ActForm
                offers={offers}
                reasonId="account-reason"
                onDone={() => {
                  acted.value++
                }}
              />
            </div>
          </Panel>
          {data.payments.length === 0 ? (
            <Panel title="Payments">
              <Empty title="No payment of this account was read">
                The board reads the newest 10,000 decisions of its partition; the log may hold older ones. Is the
                account written as the payments have it?
              </Empty>
            </Panel>
          ) : (
            <Payments account={data} />
          )}
          <OlderPayments key={account} account={account} beforeMs={data.payments.at(-1)?.eventTime ?? Date.now()} />
        </div>
      )}
    </>
  )
}

function Standing({ account }: { readonly account: AccountView }) {
  const { standing } = account
  if (standing === null) return <p class="muted">It has never paid, and nobody has said anything of it.</p>
  const blocked = standing.hardBlockUntil !== null || isAhead(standing.automaticBlockUntil)
  return (
    <dl class="facts">
      <Fact name="Now">
        {blocked ? (
          <span class="badge block">Blocked</span>
        ) : standing.allowedUntil !== null ? (
          <span class="badge approve">Allowed in spite of the rules</span>
        ) : (
          <span class="badge">As the rules say</span>
        )}
      </Fact>
      <Fact name="Blocked by a person until">{until(standing.hardBlockUntil)}</Fact>
      <Fact name="Blocked by the rules until">{until(standing.automaticBlockUntil)}</Fact>
      <Fact name="Allowed until">{until(standing.allowedUntil)}</Fact>
      <Fact name="Payments in its baseline">{count(standing.payments)}</Fact>
    </dl>
  )
}

function isAhead(end: UntilView): boolean {
  return end === 'forever' || (end !== null && end > Date.now())
}

function until(end: UntilView): string {
  if (end === null) return 'no'
  return end === 'forever' ? 'without end' : dateTime(end)
}

function Payments({ account }: { readonly account: AccountView }) {
  const { payments, actions, readSince } = account
  const chosenId = useSignal<string | null>(null)
  const flagged = payments.find(({ severity }) => severity !== 'NONE')
  const chosen = payments.find(({ decisionId }) => decisionId === chosenId.value) ?? flagged ?? payments[0]
  if (chosen === undefined) return null
  return (
    <div class="columns">
      <div class="stack">
        <Panel title="The 60 seconds">
          <div class="body">
            <WindowLine payment={chosen} all={payments} />
          </div>
        </Panel>
        <Panel
          title="Payments"
          aside={
            <span class="push muted">
              {count(payments.length)}
              {readSince === null ? '' : `; read back to ${clock(readSince)}`}
            </span>
          }
        >
          <PaymentTable
            payments={payments}
            chosen={chosen.decisionId}
            onChoose={({ decisionId }) => {
              chosenId.value = decisionId
            }}
          />
        </Panel>
      </div>
      <div class="stack">
        <Panel title="Why" aside={<span class="push muted">{clock(chosen.eventTime)}</span>}>
          <div class="body">
            <ScoreParts score={chosen.score} reasons={chosen.reasons} />
          </div>
        </Panel>
        <Panel title="Actions">
          {actions.length === 0 ? (
            <p class="body muted">None in the last day.</p>
          ) : (
            <ul class="lines">
              {actions.map((action) => (
                <li key={action.action_id}>
                  <ActionBadge action={action.action} />
                  <span class="push muted">{dateTime(action.event_time)}</span>
                </li>
              ))}
            </ul>
          )}
        </Panel>
        <Seen title="Devices" of={payments} read={({ deviceId }) => deviceId} />
        <Seen title="Regions" of={payments} read={({ region }) => region} />
      </div>
    </div>
  )
}

interface SeenProps {
  readonly title: string
  readonly of: readonly PaymentView[]
  readonly read: (payment: PaymentView) => string | null
}

/** The values that the payments have, and how many have each. */
function Seen({ title, of, read }: SeenProps) {
  const counts = new Map<string, number>()
  for (const payment of of) {
    const value = read(payment)
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return (
    <Panel title={title} aside={<span class="push muted">{counts.size}</span>}>
      {counts.size === 0 ? (
        <p class="body muted">Its payments name none.</p>
      ) : (
        <ul class="lines">
          {[...counts].map(([value, payments]) => (
            <li key={value}>
              <span class="mono clip">{visible(value)}</span>
              <span class="push">{payments}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
