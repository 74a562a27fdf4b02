import { expect, test } from 'vitest'
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
