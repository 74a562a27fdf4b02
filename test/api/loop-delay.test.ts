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

test('SPEC C2: only lateness that never went away for 100 ms is standing', () => {
  vi.useFakeTimers()
  let lateMs = 0
  const delay = new LoopDelay(() => Date.now() + lateMs)
  // Each tick finds so much more time gone by than it was to wait.
  const ticks = (count: number, eachLateMs: number) => {
    for (let i = 0; i < count; i++) {
      lateMs += eachLateMs
      vi.advanceTimersByTime(20)
    }
  }
  ticks(4, 30)
  expect(delay.standingMs, 'four late ticks').toBe(0)
  ticks(1, 12)
  expect(delay.standingMs, 'five').toBe(12)
  ticks(1, 0)
  expect(delay.standingMs, 'one on time').toBe(0)
  ticks(4, 500)
  expect(delay.standingMs, 'a pause is no queue').toBe(0)
  delay.close()
  vi.useRealTimers()
})
