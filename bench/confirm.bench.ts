import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { ConfirmDone, ConfirmPlan } from './confirm-load.ts'
import { child, messageOf, progress, Report, size } from './harness.ts'
import { withDataFolder } from './load.ts'

/**
 * The confirm API on the embedded log, tasks and API in one process and callers in another: 1,000 calls a second for a minute whatever
 * happens (open loop), each with a new key, a new payment and one of 10,000 users' ES256 tokens; rates, audit and read-back on. Then twice
 * as many, which may be shed but must be answered.
 */
const RATE = 1_000
const SECONDS = size(60, 3)
const USERS = size(10_000, 500)
const WARM_UP: ConfirmPlan = { ratePerSecond: 300, seconds: size(15, 2) }
const OVERLOAD_SECONDS = size(20, 3)
const P99_BAR = { atMost: 50 }

const report = new Report('confirm', 'POST /payment/confirm on the embedded log, each answer from a committed decision')
await withDataFolder(async (data) => {
  const server = child('confirm-server.ts', [data])
  const { port } = await messageOf<{ port: number }>(server, 'the server')
  const callers = child('confirm-load.ts', [String(port), join(data, 'keys'), String(USERS)])
  await messageOf(callers, 'the callers')
  await run(callers, WARM_UP)
  const measured = await run(callers, { ratePerSecond: RATE, seconds: SECONDS })
  const name = `at ${RATE.toLocaleString('en')} a second, due to answer`
  report.figure(`${name}: p50`, 'ms', [measured.p50])
  report.figure(`${name}: p99`, 'ms', [measured.p99], P99_BAR)
  report.figure(`${name}: p99.9`, 'ms', [measured.p999])
  report.figure(`${name}: longest`, 'ms', [measured.max])
  report.note('statuses', measured.statuses)
  report.require('every call has the answer of its decision', answered(measured) === RATE * SECONDS)
  const over = await run(callers, { ratePerSecond: 2 * RATE, seconds: OVERLOAD_SECONDS })
  const calls = 2 * RATE * OVERLOAD_SECONDS
  report.figure('at twice that: decided', '/s', [answered(over) / OVERLOAD_SECONDS])
  report.figure('at twice that: refused at once with 503', '%', [((over.statuses['503'] ?? 0) * 100) / calls])
  report.figure('at twice that, due to answer of the decided: p99', 'ms', [over.p99])
  report.note('statuses at twice that', over.statuses)
  report.require(
    'every call of these has an answer: of its decision, or 503',
    answered(over) + (over.statuses['503'] ?? 0) === calls,
  )
  callers.disconnect()
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.disconnect()
  await ended
})
report.finish()

async function run(callers: ChildProcess, plan: ConfirmPlan): Promise<ConfirmDone> {
  callers.send(plan)
  const done = await messageOf<ConfirmDone>(callers, 'the callers')
  progress(`${plan.ratePerSecond} a second: p99 ${done.p99.toFixed(1)} ms, ${JSON.stringify(done.statuses)}`)
  return done
}

function answered({ statuses }: ConfirmDone): number {
  return [200, 202, 403].reduce((sum, status) => sum + (statuses[status] ?? 0), 0)
}
