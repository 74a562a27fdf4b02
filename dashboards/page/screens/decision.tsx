import type { DecisionView } from '../../board/views.ts'
import { useLoaded } from '../api.ts'
import { OutcomeBadge, ScoreParts, SeverityBadge } from '../parts/badges.tsx'
import { Empty, Fact, Failure, Panel } from '../parts/blocks.tsx'
import { Timings } from '../parts/timings.tsx'
import { accountPath } from '../route.ts'
import { dateTime, money, visible, words } from '../text.ts'

const PAYMENT = [
  'transaction_id',
  'receiver_account_id',
  'kind',
  'channel',
  'merchant_id',
  'merchant_category',
  'terminal_id',
  'region',
  'device_id',
  'card_masked',
  'cardholder_name_masked',
  'email_masked',
  'ip_masked',
  'memo',
] as const
const FEATURES = [
  ['velocity_count', 'in 60 s'],
  ['velocity_5m_count', 'in 5 min'],
  ['devices_1h', 'devices in 1 h'],
  ['regions_1h', 'regions in 1 h'],
  ['fraud_count', 'flagged in 1 h'],
  ['baseline_payments', 'in its baseline'],
  ['late', 'late'],
  ['excused', 'excused by its history'],
  ['saturated', 'counts are lower limits'],
] as const

export function DecisionScreen({ decision }: { readonly decision: string }) {
  const { data, error } = useLoaded<DecisionView>(`/decisions/${encodeURIComponent(decision)}`, 5_000)
  if (data === null && error?.status === 404) {
    return (
      <Panel title="Decision">
        <Empty title={`No decision ${decision} stands in the log`}>
          Retention may have taken it; <code>sluice decisions</code> prints those that stand.
        </Empty>
      </Panel>
    )
  }
  return (
    <>
      <Failure error={error} />
      {data !== null && <Found found={data} />}
    </>
  )
}

function Found({ found }: { readonly found: DecisionView }) {
  const { payment, decision, resolution } = found
  const text = (name: string) => {
    const value = decision[name]
    return value === null || value === undefined ? '' : visible(String(value))
  }
  const missing = decision['not_evaluated'] as readonly string[]
  return (
    <div class="columns">
      <div class="stack">
        <Panel
          title="Payment"
          aside={
            <span class="push muted">
              <a class="mono" href={accountPath(payment.accountId)}>
                {visible(payment.accountId)}
              </a>
            </span>
          }
        >
          <div class="body stack">
            <p class="headline">
              <OutcomeBadge outcome={payment.outcome} />
              <b>{money(payment.amountMinor, payment.currency)}</b>
              <span class="muted">at {dateTime(payment.eventTime)}</span>
              {payment.severity !== 'NONE' && <SeverityBadge severity={payment.severity} />}
            </p>
            {resolution !== null && (
              <p class="notice">
                {words(resolution.outcome)} by {visible(resolution.actor)} at {dateTime(resolution.eventTime)}
              </p>
            )}
            <dl class="facts">
              {PAYMENT.filter((name) => text(name) !== '').map((name) => (
                <Fact key={name} name={words(name)}>
                  <span data-field={name}>{text(name)}</span>
                </Fact>
              ))}
            </dl>
          </div>
        </Panel>
        <Panel title="Features">
          <dl class="facts body">
            {FEATURES.map(([name, meaning]) => (
              <Fact key={name} name={words(meaning)}>
                {text(name) === 'true' ? 'yes' : text(name) === 'false' ? 'no' : text(name)}
              </Fact>
            ))}
          </dl>
        </Panel>
        <Panel title="Timings">
          <div class="body">
            <Timings found={found} />
          </div>
        </Panel>
      </div>
      <div class="stack">
        <Panel title="Why">
          <div class="body stack">
            <ScoreParts score={payment.score} reasons={payment.reasons} />
            <p class="muted">
              Decided by {words(text('decided_by')).toLowerCase()}
              {payment.actions.length > 0 &&
                `; hit ${payment.actions.map((action) => words(action).toLowerCase()).join(', ')}`}
              .
              {missing.length > 0 &&
                ` Not evaluated, since a field is missing: ${missing.map((one) => words(one).toLowerCase()).join(', ')}.`}
            </p>
          </div>
        </Panel>
        <Panel title="Proof">
          <dl class="facts one body">
            <Fact name="Input">
              <span class="mono">
                {text('input_topic')}-{text('input_partition')} offset {text('input_offset')}
              </span>
            </Fact>
            <Fact name="Decision">
              <span class="mono">
                payments.decided-{text('input_partition')} offset {found.outputOffset}
              </span>
            </Fact>
            <Fact name="Rules">
              version {text('rule_version')} <span class="mono">{text('rule_hash')}</span>
            </Fact>
            <Fact name="Semantics">version {text('semantics_version')}</Fact>
            <Fact name="Recompute it">
              <code>sluice explain {payment.decisionId}</code>
            </Fact>
          </dl>
        </Panel>
        {payment.peers.length > 0 && (
          <Panel title="Peers in the window" aside={<span class="push muted">{payment.peers.length}</span>}>
            <ul class="lines">
              {payment.peers.map((peer) => (
                <li key={peer} class="mono clip">
                  {visible(peer)}
                </li>
              ))}
            </ul>
          </Panel>
        )}
      </div>
    </div>
  )
}
