import { child, messageOf, progress } from './harness.ts'
import type { PacedPlan } from './kafka-feeder.ts'
import type { Received } from './kafka-receiver.ts'
import { monotonicMs } from './load-feeder.ts'

const AHEAD_MS = 50

/** A feeder and a receiver over one plan, each in its process; `meanwhile` runs beside them. */
export async function paced(plan: PacedPlan, meanwhile: () => Promise<void> = async () => {}): Promise<Received> {
  const [receiver, feeder] = ['kafka-receiver.ts', 'kafka-feeder.ts'].map((file) => child(file, [JSON.stringify(plan)]))
  if (receiver === undefined || feeder === undefined) throw new Error('there are two')
  await Promise.all([messageOf(receiver, 'the receiver'), messageOf(feeder, 'the feeder')])
  const atMs = monotonicMs() + AHEAD_MS
  for (const process of [receiver, feeder]) process.send({ atMs })
  const [received] = await Promise.all([
    messageOf<Received>(receiver, 'the receiver'),
    messageOf(feeder, 'the feeder'),
    meanwhile(),
  ])
  const { p50, p99, p999 } = received
  progress(`${plan.ratePerSecond}/s: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, p99.9 ${p999.toFixed(1)} ms`)
  return received
}
