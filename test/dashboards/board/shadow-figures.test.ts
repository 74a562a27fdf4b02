import { expect, test } from 'vitest'
import { ShadowFigures } from '../../../bin/runtime/board/shadow-figures.ts'
import type { Action, Outcome, ResolutionOutcome, Signal } from '../../../schemas/generated/enums.ts'

// Goal: what the board tells of signals in shadow is counted from decisions, verdicts and ends of reviews alone.
const figures = () => {
  const shadow = new ShadowFigures()
  let offset = 0
  return {
    shadow,
    decided: (outcomeSymbol: Outcome, actions: readonly Action[], inputPartition = 0, ruleHash = 'a') => {
      shadow.decided({ ruleHash, inputPartition, outcomeSymbol, actions: [...actions] })
      return `${inputPartition}-${offset++}`
    },
    judged: (decisionId: string, signals: readonly Signal[], actions: readonly Action[], ruleHash = 'a') => {
      const inputPartition = Number(decisionId.split('-')[0])
      const reasons = signals.map((signal) => ({ signal, points: 15 }))
      shadow.judged({ ruleHash, inputPartition, decisionId, reasons, actions: [...actions] })
    },
    ended: (decisionId: string, outcomeSymbol: ResolutionOutcome) => shadow.resolved({ decisionId, outcomeSymbol }),
  }
}

test('shadow: hits, actions that a decision did not have, and how people ended the reviews among them', () => {
  const { shadow, decided, judged, ended } = figures()
  decided('approve', [])
  judged(decided('approve', []), ['NIGHT'], ['REQUIRE_3DS'])
  judged(decided('challenge', ['REQUIRE_3DS']), ['NIGHT', 'LISTED'], ['REQUIRE_3DS', 'MANUAL_REVIEW'])
  for (const end of ['approved', 'declined', 'declined', 'expired'] as const) {
    const id = decided('review', ['MANUAL_REVIEW'])
    judged(id, ['NIGHT'], ['MANUAL_REVIEW'])
    ended(id, end)
    // A second end does not count, nor one of a decision without a verdict.
    ended(id, 'approved')
    ended('9-9', 'approved')
  }
  expect(shadow.view('a', ['NIGHT', 'LISTED', 'NEW_DEVICE'])).toEqual({
    decisions: 7,
    signals: [
      {
        signal: 'NIGHT',
        hits: 6,
        added: [
          { action: 'REQUIRE_3DS', count: 1 },
          { action: 'MANUAL_REVIEW', count: 1 },
        ],
        approved: 1,
        declined: 2,
      },
      { signal: 'LISTED', hits: 1, added: [{ action: 'MANUAL_REVIEW', count: 1 }], approved: 0, declined: 0 },
      { signal: 'NEW_DEVICE', hits: 0, added: [], approved: 0, declined: 0 },
    ],
  })
})

test('shadow: a verdict is held against the decision of its own partition, and each rule set counts for itself', () => {
  const { shadow, decided, judged } = figures()
  const first = decided('challenge', ['REQUIRE_3DS'], 0)
  decided('approve', [], 1)
  judged(first, ['NIGHT'], ['REQUIRE_3DS'])
  decided('approve', [], 0, 'b')
  expect(shadow.view('a', ['NIGHT'])).toMatchObject({ decisions: 2, signals: [{ hits: 1, added: [] }] })
  expect(shadow.view('b', ['NIGHT'])).toMatchObject({ decisions: 1, signals: [{ hits: 0 }] })
  for (let i = 0; i < 64; i++) decided('approve', [], 0, `set-${i}`)
  expect(shadow.view('a', ['NIGHT'])).toMatchObject({ decisions: 0, signals: [{ hits: 0 }] })
})
