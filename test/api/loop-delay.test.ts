import { expect, test, vi } from 'vitest'
import { LoopDelay } from '../../api/loop-delay.ts'

test('SPEC C2: how late a process is: seen while it is late, and forgotten soon after', async () => {
  const delay = new LoopDelay(() => performance.now())
  const untilMs = performance.now() + 400
  while (performance.now() < untilMs); // One long turn.
  expect(delay.ms).toBeGreaterThan(300)
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(delay.ms).toBeGreaterThan(50)
  // Each tick on time halves it, however busy the machine is in between.
  const late = delay.ms
  while (delay.ms > late / 4) await new Promise((resolve) => setTimeout(resolve, 20))
  delay.close()
})

test('SPEC C2: a process is usually late when most of its last ticks were', () => {
  vi.useFakeTimers()
  let lateMs = 0
  const delay = new LoopDelay(() => Date.now() + lateMs)
  // Each tick finds so much more time gone by than it was to wait.
  const ticks = (...eachLateMs: readonly number[]) => {
    for (const more of eachLateMs) {
      lateMs += more
      vi.advanceTimersByTime(20)
    }
  }
  ticks(30, 500)
  expect(delay.usualMs, 'two late ones of five, a pause in one').toBe(0)
  ticks(12)
  expect(delay.usualMs, 'three').toBe(12)
  ticks(0, 0)
  expect(delay.usualMs, 'two on time behind them').toBe(12)
  ticks(0)
  expect(delay.usualMs, 'three').toBe(0)
  delay.close()
  vi.useRealTimers()
})
