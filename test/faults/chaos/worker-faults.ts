/**
 * Loaded into a worker before its program (`node --import`): a wall clock that is wrong by SLUICE_TEST_CLOCK_MS, and, at each
 * SIGUSR2, a busy loop of SLUICE_TEST_STALL_MS or a step of the clock by SLUICE_TEST_STEP_MS.
 */

const numberOf = (variable: string) => Number(process.env[`SLUICE_TEST_${variable}`] ?? 0)
const { now } = Date
let offsetMs = numberOf('CLOCK_MS')
Date.now = () => now() + offsetMs

process.on('SIGUSR2', () => {
  offsetMs += numberOf('STEP_MS')
  const untilMs = performance.now() + numberOf('STALL_MS')
  while (performance.now() < untilMs);
  process.stdout.write('fault: SIGUSR2\n')
})
