import { useSignal, useSignalEffect } from '@preact/signals'
import type { ActionValue, AlertValue, FeedEntry } from '../../board/views.ts'
import { connection, entries, flooded, gaps, received, status } from '../feed.ts'
import { useKeys } from '../keys.ts'
import { ActionBadge, Reasons, Score, SeverityBadge } from '../parts/badges.tsx'
import { Empty, Panel } from '../parts/blocks.tsx'
import { Icon } from '../parts/icon.tsx'
import { MinuteBars } from '../parts/minute-bars.tsx'
import { useRowsInView } from '../parts/rows-in-view.ts'
import { accountPath, decisionPath, query, setQuery } from '../route.ts'
import { clock, count, moneyOf, visible, words } from '../text.ts'

/** Rows of the table; the newest. */
const ROWS_MAX = 100

const COLUMNS = ['time', 'what', 'who', 'amount', 'region', 'velocity', 'points', 'why', 'decision'] as const

/** A feed that stands still: what was shown, and how many alerts had come by then. */
interface Held {
  readonly entries: readonly FeedEntry[]
  readonly received: number
}

export function LiveScreen() {
  const held = useSignal<Held | null>(null)
  // What stands still is let go with the rest when somebody is erased.
  useSignalEffect(() => {
    if (entries.value.length === 0) held.value = null
  })
  const pause = () => {
    held.value = held.value === null ? { entries: entries.value, received: received.value } : null
  }
  const step = (by: number) => {
    if (held.value === null) pause()
    const links = [...document.querySelectorAll<HTMLElement>('.feed tbody a.account')]
    const at = links.indexOf(document.activeElement as HTMLElement)
    links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus()
  }
  useKeys({ p: pause, j: () => step(1), k: () => step(-1) })
  return (
    <>
      {gaps.value.map(({ sinceMs, untilMs }) => (
        <p class="notice high" role="alert" key={sinceMs}>
          <Icon name="high" />
          Alerts between {clock(sinceMs)} and {clock(untilMs)} may be missing here: the feed keeps its newest 20,000.
          The log has them all.
        </p>
      ))}
      <div class="columns">
        <Feed held={held.value} pause={pause} />
        <div class="stack">
          <AlertsAMinute />
          <TopAccounts />
          <p class="muted keys">
            <kbd>p</kbd> pause <kbd>j</kbd> <kbd>k</kbd> next, previous <kbd>Enter</kbd> open <kbd>/</kbd> find{' '}
            <kbd>1</kbd>–<kbd>5</kbd> screens <kbd>t</kbd> theme
          </p>
        </div>
      </div>
    </>
  )
}

function AlertsAMinute() {
  return (
    <Panel title="Alerts a minute" aside={<Received />}>
      <div class="body">
        <MinuteBars perMinute={status.value?.perMinute ?? []} />
      </div>
    </Panel>
  )
}

/** It changes each frame, and nothing else with it. */
function Received() {
  return (
    <span class="push muted">
      <b data-received={received.value} id="received">
        {count(received.value)}
      </b>{' '}
      since you came
    </span>
  )
}

function Feed({ held, pause }: { readonly held: Held | null; readonly pause: () => void }) {
  const all = held?.entries ?? entries.value
  const inView = useRowsInView(ROWS_MAX).value
  // A feed that stands still is walked through with keys, below what can be seen too.
  const shown = firstWanted(all, held === null ? inView : ROWS_MAX)
  const fresh = held === null ? 0 : received.value - held.received
  return (
    <Panel title="Feed" class="feed" aside={<Filters held={held !== null} fresh={fresh} pause={pause} />}>
      {shown.length === 0 ? (
        <NothingYet filtered={all.length > 0} />
      ) : (
        <div class="scroll">
          <table class="list">
            <caption class="unseen">Alerts and actions, the newest first</caption>
            <colgroup>
              {COLUMNS.map((name) => (
                <col class={name} key={name} />
              ))}
            </colgroup>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">What</th>
                <th scope="col">Account</th>
                <th scope="col" class="number">
                  Amount
                </th>
                <th scope="col">Region</th>
                <th scope="col" class="number">
                  In 60 s
                </th>
                <th scope="col">Score</th>
                <th scope="col">Reasons</th>
                <th scope="col">Decision</th>
              </tr>
            </thead>
            <tbody>{shown.map(rowOf)}</tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

function NothingYet({ filtered }: { readonly filtered: boolean }) {
  if (filtered) return <Empty title="Nothing fits the filters">Clear one of them to see the rest.</Empty>
  if (connection.value !== 'live')
    return <Empty title="Connecting">The feed comes as soon as the server answers.</Empty>
  return (
    <Empty title="No alert yet">
      The first comes when somebody pays four times within a minute. Try{' '}
      <code>sluice simulate --scenario card-testing --rate 50 --seconds 20</code> in another terminal.
    </Empty>
  )
}

function firstWanted(all: readonly FeedEntry[], most: number): FeedEntry[] {
  const wanted: FeedEntry[] = []
  for (const entry of all) {
    if (wanted.length === most) break
    if (isWanted(entry)) wanted.push(entry)
  }
  return wanted
}

function isWanted(entry: FeedEntry): boolean {
  const severity = query.value.get('severity')
  const what = query.value.get('what')
  const text = query.value.get('text')?.toLowerCase() ?? ''
  if (what === 'alerts' && entry.kind !== 'alert') return false
  if (what === 'actions' && entry.kind !== 'action') return false
  if (severity !== null && (entry.kind !== 'alert' || entry.value.severity !== severity)) return false
  if (text === '') return true
  const { sender_account_id, transaction_id, decision_id } = entry.value
  const region = entry.kind === 'alert' ? entry.value.region : null
  return [sender_account_id, transaction_id, decision_id, region].some((one) => one?.toLowerCase().includes(text))
}

interface FiltersProps {
  readonly held: boolean
  readonly fresh: number
  readonly pause: () => void
}

function Filters({ held, fresh, pause }: FiltersProps) {
  const value = (name: string) => query.value.get(name) ?? ''
  const choose = (name: string) => (event: Event) => setQuery(name, (event.currentTarget as HTMLInputElement).value)
  return (
    <div class="filters push">
      <select aria-label="What" value={value('what')} onChange={choose('what')}>
        <option value="">Alerts and actions</option>
        <option value="alerts">Alerts</option>
        <option value="actions">Actions</option>
      </select>
      <select aria-label="Severity" value={value('severity')} onChange={choose('severity')}>
        <option value="">Any severity</option>
        <option value="CRITICAL">Critical</option>
        <option value="HIGH">High</option>
        <option value="NONE">Notice</option>
      </select>
      <input
        type="search"
        aria-label="Account, transaction or region"
        placeholder="Account, transaction, region"
        value={value('text')}
        onInput={choose('text')}
      />
      <button
        type="button"
        class={`button ${held ? 'main' : ''}`}
        aria-pressed={held}
        aria-keyshortcuts="p"
        onClick={pause}
      >
        {held ? `Resume${fresh > 0 ? ` · ${count(fresh)} new` : ''}` : 'Pause'}
      </button>
    </div>
  )
}

/**
 * A row is its entry's and moves with it, so that the focus stays where it was. In a flood nobody can point at a row: there rows stay, and
 * what they say changes, which is a fraction of the work of making new ones.
 */
function rowOf(entry: FeedEntry, at: number) {
  const key = flooded.value ? at : entry.id
  return entry.kind === 'alert' ? (
    <tr key={key} data-alert={entry.value.alert_id}>
      {alertCells(entry.value)}
    </tr>
  ) : (
    <tr key={key} data-action={entry.value.action_id}>
      {actionCells(entry.value)}
    </tr>
  )
}

function alertCells(value: AlertValue) {
  const { amount, currency, sender_account_id: account } = value
  return (
    <>
      <td>
        <time dateTime={new Date(value.event_time).toISOString()}>{clock(value.event_time)}</time>
      </td>
      <td>
        <SeverityBadge severity={value.severity} />
      </td>
      <td>{account === null ? <span class="muted">nobody’s</span> : <AccountLink account={account} />}</td>
      <td class="number">{amount === null || currency === null ? '' : moneyOf(amount, currency)}</td>
      <td>{value.region === null ? '' : visible(value.region)}</td>
      <td class="number">{value.velocity_count}</td>
      <td>
        <Score score={value.score} />
      </td>
      <td>{whyOf(value)}</td>
      <td>
        <DecisionLink decision={value.decision_id} />
      </td>
    </>
  )
}

function whyOf({ kind, revised, reasons }: AlertValue) {
  if (kind !== 'VELOCITY') return words(kind)
  // A payment that came out of order has lifted a window that was decided before.
  return revised ? 'Window revised' : <Reasons reasons={reasons} />
}

function actionCells(value: ActionValue) {
  return (
    <>
      <td>
        <time dateTime={new Date(value.event_time).toISOString()}>{clock(value.event_time)}</time>
      </td>
      <td>
        <ActionBadge action={value.action} />
      </td>
      <td>
        <AccountLink account={value.sender_account_id} />
      </td>
      <td />
      <td />
      <td />
      <td>
        <Score score={value.score} />
      </td>
      <td class="muted">{value.fraud_count === 0 ? 'by its score' : `${value.fraud_count} flagged in 1 h`}</td>
      <td>
        <DecisionLink decision={value.decision_id} />
      </td>
    </>
  )
}

function AccountLink({ account }: { readonly account: string }) {
  return (
    <a class="account mono" href={accountPath(account)}>
      {visible(account)}
    </a>
  )
}

function DecisionLink({ decision }: { readonly decision: string }) {
  return (
    <a class="mono" href={decisionPath(decision)}>
      {decision}
    </a>
  )
}

function TopAccounts() {
  const top = status.value?.top ?? []
  const most = top[0]?.alerts ?? 1
  return (
    <Panel title="Top accounts" aside={<span class="push muted">5 minutes</span>}>
      {top.length === 0 ? (
        <p class="body muted">Nobody has an alert of the last five minutes.</p>
      ) : (
        <ol class="top-accounts">
          {top.map(({ account, alerts, worst }) => (
            <li key={account}>
              <AccountLink account={account} />
              <b>{count(alerts)}</b>
              <SeverityBadge severity={worst} />
              <svg viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(alerts / most) * 100} height="3" />
              </svg>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
