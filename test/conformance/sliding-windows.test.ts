import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HELD_MS } from '../../processors/stores/layout.ts'
import { PaymentsDriver, START_MS } from '../support/payments-driver.ts'
import { LeftWindowCount } from './left-window.ts'

// Goal: the cases that Kafka Streams tests its sliding windows with (KIP-450), by our velocity: the count of the window
// that ends at the record. docs/conformance.md lists where ours differs, and why.
// Method: records "key@time" in arrival order; what is said of each on arrival: its count, `late` in front if it is late.

/** The records of one key, or `key@time` where keys matter. */
function arrive(windows: LeftWindowCount, arrivals: string): string[] {
  return arrivals.split(' ').map((arrival) => {
    const [key = '', time] = arrival.includes('@') ? arrival.split('@') : ['A', arrival]
    const { count, late } = windows.arrive(key, Number(time))
    return late ? `late ${count}` : `${count}`
  })
}

const CASES = [
  { id: 'C1', why: 'both ends are in (the javadoc)', D: 5_000, g: 0, arrivals: '8000 9200 12400', expected: '1 2 3' },
  { id: 'C2', why: 'small input', D: 10, g: 5, arrivals: '10 10 14 15 20 22 30', expected: '1 2 3 4 5 4 3' },
  { id: 'C3', why: 'small input, reduced', D: 10, g: 5, arrivals: '10 14 15 22 26 30', expected: '1 2 3 3 2 3' },
  { id: 'C4', why: 'late within the grace', D: 10, g: 50, arrivals: '10 20 22 15', expected: '1 2 2 2' },
  {
    id: 'C4',
    why: 'late within the grace, between others',
    D: 10,
    g: 50,
    arrivals: 'B@12 B@13 B@18 B@19 B@25 B@14',
    expected: '1 2 3 4 3 3',
  },
  {
    id: 'C13',
    why: 'with a grace (WithGrace)',
    D: 10,
    g: 5,
    arrivals: '0 5 10 6 11 16 27 11',
    expected: '1,2,3,3,4,4,1,late 1',
  },
  {
    id: 'C15',
    why: 'an hour, both ends in (Quix)',
    D: 3_600_000,
    g: 0,
    arrivals: '3600000 4800000 4800001 7200000 7200001',
    expected: '1 2 3 4 4',
  },
] as const

describe('sliding windows, as Kafka Streams counts them', () => {
  test.each(CASES)('KS-$id: $why: $arrivals', ({ D, g, arrivals, expected }) => {
    expect(arrive(new LeftWindowCount(D, g), arrivals)).toEqual(expected.split(expected.includes(',') ? ',' : ' '))
  })

  test('KS-C2: the final windows hold the records of the Java test', () => {
    const windows = new LeftWindowCount(10, 1_000)
    for (const [i, time] of [10, 10, 14, 15, 20, 22, 30].entries()) windows.arrive('A', time, String(i + 1))
    expect(windows.window('A', 10, 20)).toBe('12345')
    expect(windows.window('A', 12, 22)).toBe('3456')
    expect(windows.window('A', 20, 30)).toBe('567')
  })

  test('KS-C4: a late record within the grace lifts the windows of the later ones', () => {
    const a = new LeftWindowCount(10, 50)
    arrive(a, '10 20 22')
    expect(Object.fromEntries(a.arrive('A', 15).revised)).toEqual({ 'A@20': 3, 'A@22': 3 })
    const b = new LeftWindowCount(10, 50)
    arrive(b, 'B@12 B@13 B@18 B@19 B@25')
    expect(Object.fromEntries(b.arrive('B', 14).revised)).toEqual({ 'B@18': 4, 'B@19': 5 })
  })

  test('KS-C7: early records: the windows of the Java test, where no record is late', () => {
    const windows = new LeftWindowCount(50, 50)
    arrive(windows, '0 5 6 3 13 10')
    const counts = [0, 1, 4, 6, 7, 11].map((from) => windows.countBetween('A', from, from + 50))
    expect(counts).toEqual([6, 5, 4, 3, 2, 1])
    expect(arrive(windows, '70')).toEqual(['1'])
  })

  test('KS-C8: early repeated records: the windows of the Java test, where no record is late', () => {
    const windows = new LeftWindowCount(5, 50)
    arrive(windows, '0 2 4 0 2 2 0 7')
    const counts = [0, 1, 2, 3, 5].map((from) => windows.countBetween('A', from, from + 5))
    expect(counts).toEqual([7, 4, 5, 2, 1])
  })

  test('KS-C11: whatever the order of arrival, the windows are the same', () => {
    const times = 'A10 B15 C16 D18 E30 F40 G55 H56 I58 J58 K62 L63 M63 N63 O76 P77 Q80 R2 S3 T5 U8'.split(' ')
    const sorted = (text: string) => [...text].sort().join('')
    fc.assert(
      fc.property(fc.shuffledSubarray(times, { minLength: times.length }), (shuffled) => {
        const windows = new LeftWindowCount(10, 100)
        for (const record of shuffled) windows.arrive('k', Number(record.slice(1)), record.slice(0, 1))
        expect(sorted(windows.window('k', 48, 58))).toBe('GHIJ')
        expect(sorted(windows.window('k', 53, 63))).toBe('GHIJKLMN')
        expect(sorted(windows.window('k', 70, 80))).toBe('OPQ')
        expect(windows.window('k', 78, 88)).toBe('Q')
        expect(windows.arrive('k', 181, 'V').count).toBe(1)
        expect(windows.window('k', 171, 181)).toBe('V')
      }),
    )
  })

  test('KS-C13: the final windows of the Java test', () => {
    const windows = new LeftWindowCount(10, 5)
    arrive(windows, '0 5 10 6 11')
    expect([windows.countBetween('A', 0, 10), windows.countBetween('A', 1, 11)]).toEqual([4, 4])
    arrive(windows, '16')
    const counts = [6, 7, 11].map((from) => windows.countBetween('A', from, from + 10))
    expect(counts).toEqual([4, 3, 2])
  })

  test('KS-C15: the means over the hour', () => {
    const windows = new LeftWindowCount(3_600_000, 0)
    const times = [3_600_000, 4_800_000, 4_800_001, 7_200_000, 7_200_001]
    const means = times.map((time, i) => windows.arrive('A', time, String(i), 30 - i).mean)
    expect(means).toEqual([30, 29.5, 29, 28.5, 27.5])
  })
})

describe('sliding windows, where ours differs', () => {
  test('KS-C5: whose own window is closed is late: the same records, flagged instead of skipped', () => {
    const windows = new LeftWindowCount(10, 10)
    arrive(windows, 'A@10 A@20 A@22 A@15 B@12 B@13 B@18 B@19 B@25')
    expect(arrive(windows, 'B@14 C@11 D@11 D@12')).toEqual(['late 3', 'late 1', 'late 1', 'late 1'])
    expect(arrive(windows, 'D@29 D@16')).toEqual(['1', 'late 1'])
  })

  test('KS-C6: without grace a late record is counted and flagged, and enters no later window', () => {
    const windows = new LeftWindowCount(50, 0)
    expect(arrive(windows, '100 105 106 103 113 110')).toEqual(['1', '2', '3', 'late 2', '4', 'late 4'])
  })

  test('KS-C7: without grace the late ones of the early records are flagged and enter no window', () => {
    expect(arrive(new LeftWindowCount(50, 0), '0 5 6 3 13 10 70')).toEqual([
      '1',
      '2',
      '3',
      'late 2',
      '4',
      'late 4',
      '1',
    ])
  })

  test('KS-C8: likewise for the repeated ones', () => {
    const said = arrive(new LeftWindowCount(5, 0), '0 2 4 0 2 2 0 7')
    expect(said).toEqual(['1', '2', '3', 'late 2', 'late 3', 'late 3', 'late 2', '3'])
  })

  test('KS-C9: seven past the grace: as late, as far, and metered as in the Java test; none is dropped', () => {
    const windows = new LeftWindowCount(10, 90)
    const said = arrive(windows, '200 100 101 102 103 104 105 15 300 400')
    expect(said).toEqual(['1', ...Array.from({ length: 7 }, () => 'late 1'), '1', '1'])
    expect(windows.lateRecords).toBe(7)
    expect(windows.latenessMsMax).toBe(185)
    expect(windows.latenessMsTotal / said.length).toBe(77)
  })

  test('KS-C10: a record without a key is a dead letter, counted, and the partition moves on', () => {
    const driver = new PaymentsDriver()
    expect(driver.refuse({}, { key: null })).toMatchObject({ reason: 'WRONG_PARTITION', inputOffset: 0 })
    expect(driver.decide({}).velocityCount).toBe(1)
  })

  test('KS-C12: without grace over all keys of a partition: ignored there, flagged here', () => {
    const windows = new LeftWindowCount(10, 0)
    const said = arrive(windows, 'A@0 A@5 A@10 B@6 A@17 B@11 B@18 C@25')
    expect(said).toEqual(['1', '2', '3', 'late 1', '2', 'late 1', '1', '1'])
  })
})

describe('the product', () => {
  test('SPEC V1: counts as these windows do, with 60 s and a grace of 10 s', () => {
    const arrival = fc.record({ sender: fc.constantFrom('P-1', 'P-2'), seconds: fc.integer({ min: 0, max: 150 }) })
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 1, maxLength: 25 }), (arrivals) => {
        const windows = new LeftWindowCount(60_000, 10_000, HELD_MS)
        const driver = new PaymentsDriver({ bounds: { dedupIdsMax: 100, sendersMax: 10, windowEntriesMax: 100 } })
        for (const [i, { sender, seconds }] of arrivals.entries()) {
          const eventTime = START_MS + seconds * 1_000
          const { count, late } = windows.arrive(sender, eventTime)
          const fields = { transactionId: `t${i}`, senderAccountId: sender, eventTime }
          expect(driver.decide(fields, { appendTimeMs: START_MS + 200_000 })).toMatchObject({
            velocityCount: count,
            late,
          })
        }
      }),
      { numRuns: 40 },
    )
  })
})
