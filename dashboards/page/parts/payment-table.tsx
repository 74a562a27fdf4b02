import type { PaymentView } from '../../board/views.ts'
import { decisionPath } from '../route.ts'
import { clock, dateTime, money, visible } from '../text.ts'
import { OutcomeBadge, Score } from './badges.tsx'

interface PaymentTableProps {
  readonly payments: readonly PaymentView[]
  /** The decision that is drawn above, where one can be chosen. */
  readonly chosen?: string
  readonly onChoose?: (payment: PaymentView) => void
}

/** Payments of an account. */
export function PaymentTable({ payments, chosen, onChoose }: PaymentTableProps) {
  return (
    <div class="scroll">
      <table class="list">
        <caption class="unseen">Payments, the newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Outcome</th>
            <th scope="col" class="number">
              Amount
            </th>
            <th scope="col">To</th>
            <th scope="col">Region</th>
            <th scope="col" class="number">
              In 60 s
            </th>
            <th scope="col">Score</th>
            <th scope="col">Decision</th>
          </tr>
        </thead>
        <tbody>
          {payments.map((payment) => (
            <tr key={payment.decisionId} class={payment.decisionId === chosen ? 'chosen' : ''}>
              <td>
                {onChoose === undefined ? (
                  dateTime(payment.eventTime)
                ) : (
                  <button
                    type="button"
                    class="link"
                    aria-pressed={payment.decisionId === chosen}
                    onClick={() => onChoose(payment)}
                    title={dateTime(payment.eventTime)}
                  >
                    {clock(payment.eventTime)}
                  </button>
                )}
              </td>
              <td>
                <OutcomeBadge outcome={payment.outcome} />
              </td>
              <td class="number">{money(payment.amountMinor, payment.currency)}</td>
              <td class="clip">{visible(payment.merchantId ?? payment.receiverId)}</td>
              <td>{payment.region === null ? '' : visible(payment.region)}</td>
              <td class="number">{payment.velocityCount}</td>
              <td>
                <Score score={payment.score} />
              </td>
              <td>
                <a class="mono" href={decisionPath(payment.decisionId)}>
                  {payment.decisionId}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
