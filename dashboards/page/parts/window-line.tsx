import type { PaymentView } from '../../board/views.ts'
import { clock, money } from '../text.ts'

const WINDOW_MS = 60_000
/** Shown before the window and behind its end. */
const BEFORE_MS = 30_000
const AFTER_MS = 15_000
const WIDTH = 1_000
const LINE_Y = 96
/** Half the width of a time below the line. */
const TICK_ROOM = 30

/**
 * The 60 s that end with a payment, as velocity counted them (SPEC V1, both ends included): the band, the payments in and around it,
 * and an arc to each of its peers.
 */
export function WindowLine({ payment, all }: { readonly payment: PaymentView; readonly all: readonly PaymentView[] }) {
  const endMs = payment.eventTime
  const fromMs = endMs - WINDOW_MS - BEFORE_MS
  const spanMs = BEFORE_MS + WINDOW_MS + AFTER_MS
  const x = (ms: number) => ((ms - fromMs) / spanMs) * WIDTH
  const shown = all.filter(({ eventTime }) => eventTime >= fromMs && eventTime <= endMs + AFTER_MS)
  const peers = new Set(payment.peers)
  const inWindow = shown.filter(({ transactionId }) => peers.has(transactionId))
  const ticks = Array.from({ length: 8 }, (_, i) => endMs + AFTER_MS - i * 15_000)
  return (
    <figure class="window">
      <svg viewBox={`0 0 ${WIDTH} 150`} role="img" aria-label={summary(payment, inWindow.length)}>
        <rect
          class="band"
          x={x(endMs - WINDOW_MS)}
          y="10"
          width={x(endMs) - x(endMs - WINDOW_MS)}
          height="112"
          rx="4"
        />
        <text class="label" x={x(endMs - WINDOW_MS) + 8} y="26">
          60 s
        </text>
        <line class="axis" x1="0" x2={WIDTH} y1={LINE_Y} y2={LINE_Y} />
        {ticks.map((ms) => (
          <g key={ms}>
            <line class="axis" x1={x(ms)} x2={x(ms)} y1={LINE_Y - 3} y2={LINE_Y + 3} />
            {x(ms) > TICK_ROOM && x(ms) < WIDTH - TICK_ROOM && (
              <text class="tick" x={x(ms)} y="142">
                {clock(ms)}
              </text>
            )}
          </g>
        ))}
        {inWindow.map(({ transactionId, eventTime }) => {
          const [from, to] = [x(eventTime), x(endMs)]
          const height = Math.min(72, 14 + (to - from) * 0.22)
          return (
            <path
              key={transactionId}
              class="arc"
              d={`M${from} ${LINE_Y}C${from} ${LINE_Y - height} ${to} ${LINE_Y - height} ${to} ${LINE_Y}`}
            />
          )
        })}
        {shown.map((one) => {
          const isIt = one.transactionId === payment.transactionId
          const kind = isIt ? 'it' : peers.has(one.transactionId) ? 'peer' : 'other'
          return (
            <circle
              key={one.decisionId}
              class={`${kind} ${one.outcome}`}
              cx={x(one.eventTime)}
              cy={LINE_Y}
              r={isIt ? 9 : 6}
            >
              <title>{`${clock(one.eventTime)}  ${money(one.amountMinor, one.currency)}  ${one.outcome}`}</title>
            </circle>
          )
        })}
      </svg>
      <figcaption class="muted">{summary(payment, inWindow.length)}</figcaption>
    </figure>
  )
}

function summary({ velocityCount, eventTime, peers }: PaymentView, drawn: number): string {
  const rest = peers.length - drawn
  const payments = velocityCount === 1 ? '1 payment' : `${velocityCount} payments`
  const missing = rest > 0 ? `; ${rest} of its peers are older than what was read` : ''
  return `${payments} in the 60 s that end at ${clock(eventTime)}${missing}`
}
