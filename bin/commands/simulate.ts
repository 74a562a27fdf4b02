import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { Command } from 'commander'
import type { Config } from '../../platform/config.ts'
import { serveHealth } from '../../platform/health-server.ts'
import { createProducerMetrics, type MeasuredProducer } from '../../platform/producer-metrics.ts'
import { listenForShutdown, type Shutdown } from '../../platform/shutdown.ts'
import { machineClock } from '../../producers/clock.ts'
import { LABEL_FILE_HEADER } from '../../producers/simulator/label-file.ts'
import { SimulationRun } from '../../producers/simulator/run.ts'
import { SCENARIOS, scenarioNamed } from '../../producers/simulator/scenarios.ts'
import { simulate } from '../../producers/simulator/simulate.ts'
import { labelFolder } from '../runtime/data-folder.ts'
import { createProducer } from '../runtime/payment-source.ts'
import { openPaymentTarget, type PaymentTarget } from '../runtime/payment-target.ts'
import { print } from '../view/text.ts'
import { CommandError, type CommonOptions, configOf, wholeNumber } from './settings.ts'

interface SimulateOptions extends CommonOptions {
  readonly scenario: string
  readonly rate: string
  readonly seconds?: string
  readonly records?: string
  readonly seed: string
  readonly fast?: boolean
  readonly kafka?: boolean
  readonly port?: string
}

/** What is sent; an infinite number of records ends at Ctrl-C. */
interface Plan {
  readonly scenario: NonNullable<ReturnType<typeof scenarioNamed>>
  readonly ratePerSecond: number
  readonly records: number
}

/** `sluice simulate` */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('send made-up, labelled payments to the log of a data folder or of a Kafka cluster')
    .option('--scenario <name>', `one of ${SCENARIOS.map(({ name }) => name).join(', ')}`, 'mixed')
    .option('--rate <n>', 'payments a second, sent when they are due (open loop)', '200')
    .option('--seconds <n>', 'stop after so long (default: at Ctrl-C)')
    .option('--records <n>', 'stop after so many records')
    .option('--seed <text>', 'the same seed makes the same people, and at the same time the same payments', 'sluice')
    .option('--kafka', 'to the cluster that SLUICE_KAFKA_BOOTSTRAP names, with the keys of the data folder')
    .option('--port <n>', 'port of metrics and health (default: any free one, and none when the run has an end)')
    .option('--fast', 'as fast as the log takes them, at event times of the rate')
    .addHelpText(
      'after',
      `\nScenarios:\n${SCENARIOS.map(({ name, description }) => `  ${name.padEnd(18)} ${description}`).join('\n')}
\nExamples:\n  sluice simulate --scenario card-testing --rate 50 --seconds 20\n  sluice simulate --rate 5000 --seconds 60 --seed tuesday\n`,
    )
    .action((_options, command: Command) => runSimulation(command.optsWithGlobals<SimulateOptions>()))
}

async function runSimulation(options: SimulateOptions): Promise<void> {
  const scenario = scenarioNamed(options.scenario)
  if (scenario === undefined) {
    throw new CommandError(
      `no scenario ${options.scenario}; there are ${SCENARIOS.map(({ name }) => name).join(', ')}`,
      2,
    )
  }
  const ratePerSecond = wholeNumber(options.rate, '--rate', 1)
  const plan = { scenario, ratePerSecond, records: recordCount(options, ratePerSecond) }
  const shutdown = listenForShutdown()
  // Started by `up`: ends with it, however it ends.
  if (process.send !== undefined) process.once('disconnect', () => shutdown.request())
  try {
    const config = configOf(options)
    const target = await openPaymentTarget(config, options.kafka === true)
    await sendAll(plan, target, options, config, shutdown).finally(() => target.close())
  } finally {
    shutdown.release()
    // While it stands this process lives on, and `up` is not told that it has failed.
    if (process.connected) process.disconnect()
  }
}

async function sendAll(
  { scenario, ratePerSecond, records: count }: Plan,
  target: PaymentTarget,
  options: SimulateOptions,
  config: Config,
  shutdown: Shutdown,
): Promise<void> {
  const startMs = Date.now()
  const run = new SimulationRun({ seed: options.seed, startMs, paymentSchemaId: target.ids.payment })
  const labels = openLabels(target.folder.path, `${scenario.name}-${run.id}.csv`)
  const producer = createProducer(target)
  const server = await serveBeside(options, config, () => producer.counts, shutdown)
  const records = scenario.records(run, { ratePerSecond, records: count })
  let sent = 0
  try {
    sent = await simulate(records, {
      producer,
      clock: machineClock,
      onTime: options.fast !== true,
      writeLabels: (rows) => labels.stream.write(rows),
      signal: shutdown.signal,
    })
  } finally {
    await producer.close().finally(() => server?.close())
    labels.stream.end()
    await finished(labels.stream)
  }
  const { acknowledgedRecords, resentRecords } = producer.counts
  if (options.json)
    print(JSON.stringify({ run: run.id, sent, acknowledgedRecords, resentRecords, labels: labels.path }))
  else print(`sent ${sent} records of ${scenario.name}, run ${run.id}; all are ${target.place}. Labels: ${labels.path}`)
}

/**
 * A run without end serves metrics and health; one that `up` has started is part of `up`, and one with an end does so when a
 * port is named. Null when nothing is served.
 */
async function serveBeside(
  { port, seconds, records, json }: SimulateOptions,
  { metricsHost: host }: Config,
  counts: () => MeasuredProducer,
  { signal }: Shutdown,
) {
  const runsLong = seconds === undefined && records === undefined && process.send === undefined
  if (port === undefined && !runsLong) return null
  const server = await serveHealth({
    host,
    port: wholeNumber(port ?? '0', '--port', 0, 65_535),
    setting: '--port',
    metrics: createProducerMetrics(counts),
    health: () => ({ ready: !signal.aborted, details: { ending: signal.aborted } }),
  })
  if (!json) print(`sending; metrics and health on http://${host}:${server.port}`)
  return server
}

function recordCount({ records, seconds }: SimulateOptions, ratePerSecond: number): number {
  if (records !== undefined) return wholeNumber(records, '--records', 1)
  return seconds === undefined ? Number.POSITIVE_INFINITY : wholeNumber(seconds, '--seconds', 1) * ratePerSecond
}

function openLabels(dataFolder: string, name: string) {
  const folder = labelFolder(dataFolder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, name)
  const stream = createWriteStream(path, { mode: 0o600 })
  stream.write(LABEL_FILE_HEADER)
  return { path, stream }
}
