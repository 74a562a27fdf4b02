import type { Action, Outcome, Severity } from '../../../schemas/generated/enums.ts'
import type { ReasonView } from '../../board/views.ts'
import { words } from '../text.ts'
import { Icon, type IconName } from './icon.tsx'

const SEVERITIES = { CRITICAL: ['critical', 'Critical'], HIGH: ['high', 'High'], NONE: ['none', 'Notice'] } as const

export function SeverityBadge({ severity }: { readonly severity: Severity }) {
  const [icon, word] = SEVERITIES[severity]
  return (
    <span class={`badge ${icon}`}>
      <Icon name={icon} />
      {word}
    </span>
  )
}

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  approve: 'Approved',
  challenge: 'Challenged',
  review: 'In review',
  block: 'Blocked',
}

export function OutcomeBadge({ outcome }: { readonly outcome: Outcome }) {
  return (
    <span class={`badge ${outcome}`}>
      <Icon name={outcome} />
      {OUTCOMES[outcome]}
    </span>
  )
}

const ACTIONS: Readonly<Record<Action, readonly [IconName, string]>> = {
  BLOCK_CARD: ['block', 'Card blocked'],
  REQUIRE_3DS: ['challenge', 'Code required'],
  MANUAL_REVIEW: ['review', 'Sent to review'],
}

export function ActionBadge({ action }: { readonly action: Action }) {
  const [icon, word] = ACTIONS[action]
  return (
    <span class={`badge ${icon}`}>
      <Icon name={icon} />
      {word}
    </span>
  )
}

/** The score of 100 as a bar with its number. */
export function Score({ score }: { readonly score: number }) {
  const level = score > 80 ? 'critical' : score >= 40 ? 'high' : 'none'
  return (
    <span class={`score ${level}`}>
      <b>{score}</b>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="6" />
        <rect class="fill" width={score} height="6" />
      </svg>
    </span>
  )
}

/** Which signals hit, each with its points. */
export function Reasons({ reasons }: { readonly reasons: readonly ReasonView[] }) {
  return (
    <span class="reasons">
      {reasons.map(({ signal, points }) => (
        <span class="reason" key={signal}>
          {words(signal)} <b>{points}</b>
        </span>
      ))}
    </span>
  )
}

/** How the score adds up: each reason's points as a part of the whole. */
export function ScoreParts({ score, reasons }: { readonly score: number; readonly reasons: readonly ReasonView[] }) {
  const sum = reasons.reduce((total, { points }) => total + points, 0)
  return (
    <table class="parts">
      <caption>
        Score <b>{score}</b> of 100{sum > 100 ? `, cut from ${sum}` : ''}
      </caption>
      <tbody>
        {reasons.length === 0 && (
          <tr>
            <td class="muted">No signal hit.</td>
          </tr>
        )}
        {reasons.map(({ signal, points }) => (
          <tr key={signal}>
            <th scope="row">{words(signal)}</th>
            <td class="bar">
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="track" width="100" height="8" />
                <rect class="fill" width={Math.min(100, points)} height="8" />
              </svg>
            </td>
            <td class="number">{points}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
