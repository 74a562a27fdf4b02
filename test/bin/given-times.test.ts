import { expect, test } from 'vitest'
import { dayOf, timeToCome } from '../../bin/commands/given-times.ts'

// Goal: an end that somebody gives is the one that they meant: no other day, year or zone is made of it, and none that is over is taken.
const NOW_MS = Date.parse('2026-11-27T12:00:00Z')

test.each([
  ['2026-11-28', '2026-11-28T00:00:00.000Z'],
  ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ['2026-12-01T10:00Z', '2026-12-01T10:00:00.000Z'],
  ['2026-12-01T10:00:00Z', '2026-12-01T10:00:00.000Z'],
  ['2026-12-01T10:00:00.250Z', '2026-12-01T10:00:00.250Z'],
  ['2026-12-01T10:00:00+02:00', '2026-12-01T08:00:00.000Z'],
  ['2026-11-27T13:30:00+01:00', '2026-11-27T12:30:00.000Z'],
])('command line: the time %s is %s', (text, iso) => {
  expect(new Date(timeToCome(text, '--until', NOW_MS)).toISOString()).toBe(iso)
})

test.each([
  ['words', 'soon'],
  ['words and a number', 'tomorrow 5'],
  ['a week', 'week 3'],
  ['a span', '2 days'],
  ['a span in short', '24h'],
  ['a number', '12'],
  ['seconds', '1764249600'],
  ['milliseconds', '1764249600000'],
  ['a year', '2030'],
  ['a month', '2030-01'],
  ['a day that no month has', '2027-02-30'],
  ['a day of a leap year that is none', '2027-02-29'],
  ['a month that is none', '2027-13-01'],
  ['no zone', '2026-12-01T10:00:00'],
  ['no zone and no seconds', '2026-12-01T10:00'],
  ['a blank between day and time', '2026-12-01 10:00:00Z'],
  ['an hour that is none', '2026-12-01T25:00:00Z'],
  ['a day as in America', '12/01/2026'],
  ['blanks around', ' 2026-12-01 '],
  ['nothing', ''],
])('command line: no time is %s: %s', (_why, text) => {
  expect(() => timeToCome(text, '--until', NOW_MS)).toThrow(
    `--until ${text}: must be a day in UTC or a time with its zone, in ISO 8601, such as 2026-11-28 or 2026-11-28T09:30:00+01:00`,
  )
})

test.each([['2026-11-27'], ['2026-11-27T12:00:00Z'], ['2026-11-27T12:30:00+01:00'], ['2001-01-01']])(
  'command line: a time that is over is refused: %s',
  (text) => {
    expect(() => timeToCome(text, '--until', NOW_MS)).toThrow(/^--until \S+: is over; give .* such as 2026-11-28 or /)
  },
)

test('command line: the example that a refusal gives is taken', () => {
  let message = ''
  try {
    timeToCome('soon', '--until', NOW_MS)
  } catch (error) {
    message = (error as Error).message
  }
  const examples = message.match(/\d{4}-\d\d-\d\d\S*/g) ?? []
  expect(examples).toHaveLength(2)
  for (const example of examples) expect(timeToCome(example, '--until', NOW_MS)).toBeGreaterThan(NOW_MS)
})

test('command line: a day is one of the calendar', () => {
  expect(dayOf('2024-02-29', '--from')).toBe('2024-02-29')
  for (const text of ['2026-02-30', '2026-13-01', '2026-1-1', '2026-11-24T00:00:00Z', 'yesterday', ''])
    expect(() => dayOf(text, '--from')).toThrow(`--from ${text}: must be a day, such as 2026-11-24`)
})
