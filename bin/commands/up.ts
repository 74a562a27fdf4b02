import { Command } from 'commander'
import type { Subscription } from 'rxjs'
import { measureArchivedRepeats } from '../../platform/archive-metrics.ts'
import { type Config, variableOf } from '../../platform/config.ts'
import { type Health, serveHealth } from '../../platform/health-server.ts'
import { createLogger, type Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { listenForShutdown, type Shutdown } from '../../platform/shutdown.ts'
import { scenarioNamed } from '../../producers/simulator/scenarios.ts'
import { DISPOSITIONS } from '../../streams/disposition.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { EmbeddedAlerts } from '../runtime/alerts/embedded-alerts.ts'
import { ArchiverChild } from '../runtime/archive/archiver-child.ts'
import { embeddedRepeats, type RepeatCounter } from '../runtime/archive/repeat-counter.ts'
import { followRulesFile } from '../runtime/control/rules-change.ts'
import { readRules } from '../runtime/control/rules-file.ts'
import { keepErasing } from '../runtime/erasure/erasure-loop.ts'
import type { UpHooks } from '../runtime/hooks/up-hooks.ts'
import { taskIdOf } from '../runtime/measured-task.ts'
import { type Otp, openOtp } from '../runtime/otp/otp.ts'
import { Pipeline } from '../runtime/pipeline.ts'
import { keepRetention } from '../runtime/retention-loop.ts'
import { APPLICATION_ID, INPUT_TOPIC, openWritingSession, type Session } from '../runtime/session.ts'
import { SimulatorProcess } from '../runtime/simulator-process.ts'
import { StoreWatch } from '../runtime/store-fills.ts'
import { createTaskMetrics } from '../runtime/task-metrics.ts'
import { tasksHealth } from '../runtime/tasks-health.ts'
import type { UpWeb } from '../runtime/up-web.ts'
import { decisionFeed } from '../view/decision-feed.ts'
import { showLive } from '../view/live-view.ts'
import { SideCounts } from '../view/side-counts.ts'
import { complain, grouped, print } from '../view/text.ts'
import { settled } from './control-settings.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

const START_POLL_MS = 20
/** A start that takes longer shows that it restores. */
const START_MS = 1_000

interface UpOptions extends CommonOptions {
  readonly simulate?: boolean
  readonly scenario?: string
  readonly rate?: string
  readonly port?: string
}

/** `sluice up` */
export function upCommand(): Command {
  return new Command('up')
    .description('run the pipeline, with simulated payments and a live view, until Ctrl-C')
    .option('--no-simulate', 'decide what others send; simulate nothing')
    .option('--scenario <name>', 'what to simulate (SLUICE_SIMULATE_SCENARIO)')
    .option('--rate <n>', 'simulated payments a second (SLUICE_SIMULATE_RATE)')
    .option('--port <n>', 'port of metrics and health (SLUICE_METRICS_PORT)')
    .addHelpText(
      'after',
      '\nCtrl-C drains: commits what is under way, writes checkpoints, closes. A second Ctrl-C ends at once; nothing is lost.' +
        '\n\nExamples:\n  sluice up\n  sluice up --rate 2000 --data /var/lib/sluice\n  sluice up --no-simulate | tee up.log\n',
    )
    .action((_options, command: Command) => runUp(command.optsWithGlobals<UpOptions>()))
}

async function runUp(options: UpOptions): Promise<void> {
  const config = upConfig(options)
  const openHooks = await readyHooks(config)
  const shutdown = listenForShutdown((signal) => {
    if (signal !== null) complain('\nending: committing and writing checkpoints; Ctrl-C again ends at once')
  })
  const logger = createLogger(config.logLevel)
  const running: Running = { session: null, pipeline: null, alerts: null, hooks: null, repeats: null }
  const metrics = createUpMetrics(running, config)
  const session = await openWritingSession(config, { onSynced: metrics.observeSync })
  running.session = session
  const events = {
    onSurvived: (partition: number, error: Error) => logger.warn({ partition, error: error.message }, 'task goes on'),
    onFailed: (partition: number, error: Error) => logger.info({ partition, error: error.message }, 'task ended'),
    onCommit: (partition: number, latencyMs: number) => metrics.observeCommit(taskIdOf(partition), latencyMs),
  }
  try {
    await requireUnowned(session)
    // Before any task, so that a second `up` on the machine ends with one line.
    const server = await serveHealth({
      host: config.metricsHost,
      port: config.metricsPort,
      setting: variableOf('metricsPort'),
      metrics: metrics.registry,
      health: () => upHealth(running, session.log, shutdown),
    })
    // Before any decision, so that a hook of a new folder misses no action.
    const hooks = await openHooks(session, logger, metrics)
    const alerts = new EmbeddedAlerts(session, logger, metrics)
    const repeats = config.archive ? embeddedRepeats(config) : null
    Object.assign(running, { alerts, hooks, repeats })
    const otp = await openOtp(session, logger, metrics, print)
    // The web server takes its time to load; no other command should wait for it.
    const { serveUpWeb } = await import('../runtime/up-web.ts')
    const challenges = otp?.challenges ?? null
    const web = await serveUpWeb(session, {
      store: alerts.store,
      pipelineNow: () => running.pipeline,
      logger,
      metrics,
      challenges,
    })
    const pipeline = new Pipeline(session, events)
    running.pipeline = pipeline
    const failure = await serve(session, { pipeline, alerts, hooks, otp, repeats, web }, shutdown, logger, server.port)
    await otp?.close()
    await server.close()
    if (failure !== null) throw failure
  } finally {
    shutdown.release()
    await session.log.close()
  }
}

/** What else has one owner, as the API's view has, could not name it. @throws CommandError */
async function requireUnowned({ log, folder }: Session): Promise<void> {
  const pid = await log.taskOwner(APPLICATION_ID, { topic: INPUT_TOPIC, partition: 0 })
  if (pid === null) return
  throw new CommandError(
    `the payments of ${folder.path} are decided by process ${pid}; stop it, or name another --data`,
  )
}

function upConfig(options: UpOptions): Config {
  const config = configOf(options, {
    ...(options.simulate === false && { SLUICE_SIMULATE: 'no' }),
    ...(options.scenario !== undefined && { SLUICE_SIMULATE_SCENARIO: options.scenario }),
    ...(options.rate !== undefined && { SLUICE_SIMULATE_RATE: options.rate }),
    ...(options.port !== undefined && { SLUICE_METRICS_PORT: options.port }),
  })
  if (scenarioNamed(config.simulateScenario) === undefined) {
    const variable = variableOf('simulateScenario')
    throw new CommandError(
      `${variable}=${config.simulateScenario}: no such scenario; see \`sluice simulate --help\``,
      2,
    )
  }
  return config
}

type OpenHooks = (session: Session, logger: Logger, metrics: Metrics) => Promise<UpHooks | null>

/** What the hooks file says, before anything is opened. The clients of hooks are loaded where there are hooks. */
async function readyHooks(config: Config): Promise<OpenHooks> {
  if (config.hooksFile === '') return async () => null
  const { UpHooks } = await import('../runtime/hooks/up-hooks.ts')
  const ready = UpHooks.ready(config)
  return (session, logger, metrics) => UpHooks.create(session, ready, logger, metrics)
}

/** What runs in the process. */
interface Parts {
  readonly pipeline: Pipeline
  readonly alerts: EmbeddedAlerts
  readonly hooks: UpHooks | null
  readonly otp: Otp | null
  readonly repeats: RepeatCounter | null
  readonly web: UpWeb
}

/** Runs everything beside the tasks until they end; returns what ended them, or null after a stop. */
async function serve(
  session: Session,
  { pipeline, alerts, hooks, otp, repeats, web }: Parts,
  shutdown: Shutdown,
  logger: Logger,
  port: number,
): Promise<Error | null> {
  const { config, folder, log } = session
  const startedMs = machineTime.nowMs()
  const unable = await firstMoments(pipeline)
  if (unable !== null) {
    await web.close()
    return unable
  }
  const title = `sluice  ${folder.path}`
  print(`${title}: 12 tasks; metrics and health on http://${config.metricsHost}:${port}; Ctrl-C ends`)
  for (const line of web.lines) print(line)
  const counts = new SideCounts(session)
  const beside = new AbortController()
  const warn = (error: Error) => logger.warn({ error: error.message }, 'retention')
  const loops = [
    keepRetention(session, beside.signal, warn),
    keepErasing(session, beside.signal, (error) => logger.warn({ error: error.message }, 'an erasure waits')),
    counts.keepUp(beside.signal),
    alerts.keepUp(beside.signal),
    hooks?.keepUp(beside.signal),
    otp?.keepUp(beside.signal),
    repeats?.keepCounting(beside.signal, logger),
    web.run(beside.signal),
    new StoreWatch(pipeline, logger).watch(beside.signal),
  ]
  const feed = decisionFeed(log, session.ids, machineTime.nowMs)
  const context = {
    title,
    footer: `board ${web.boardUrl}   Ctrl-C ends   sluice sql, sluice explain ID, sluice verify in another terminal`,
    nowMs: machineTime.nowMs,
    counted: () => counts.counted,
  }
  const view: Subscription = showLive(feed, pipeline, context)
  const simulator = config.simulate
    ? new SimulatorProcess(config, (why) => {
        // A terminal's Ctrl-C ends it as well.
        if (!shutdown.signal.aborted) complain(`the simulator ended, decisions go on: ${why}`)
      })
    : null
  const archiver = config.archive ? new ArchiverChild(config, complain) : null
  const ruled = putRulesInForce(session, pipeline, beside.signal)
  // Rules that cannot be put in force end the start; anything else goes on until somebody asks for the end.
  const ruleFailure = await Promise.race([
    asked(shutdown),
    pipeline.ended,
    ruled.then(() => new Promise<never>(() => {})).catch((error: Error) => error),
  ])
  view.unsubscribe()
  await simulator?.stop()
  // What was taken is answered while the tasks still run.
  await web.close()
  pipeline.stop()
  const failure = await pipeline.ended
  // Last, so that it has read what the tasks have committed.
  await archiver?.stop()
  beside.abort()
  await Promise.all(loops)
  // It looks at the log, which is closed next.
  await ruled.catch(() => {})
  if (failure === null) printSummary(pipeline, machineTime.nowMs() - startedMs)
  return failure ?? ruleFailure
}

/** Waits a moment for the tasks to run, so that a folder that somebody else has ends the start with one line. */
async function firstMoments(pipeline: Pipeline): Promise<Error | null> {
  const over = new AbortController()
  const running = whenRunning(pipeline, over.signal).then(() => null)
  const failure = await Promise.race([
    pipeline.ended,
    running,
    machineTime.sleep(START_MS, over.signal).then(() => null),
  ])
  over.abort()
  return failure
}

/** Resolves when every task processes, or `signal` aborts. */
async function whenRunning(pipeline: Pipeline, signal: AbortSignal): Promise<void> {
  while (!pipeline.running && !signal.aborted) await machineTime.sleep(START_POLL_MS, signal)
}

function asked({ signal }: Shutdown): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    else signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}

/**
 * Once every task runs: what the rule file says, if it differs from what is in force (SPEC S6). A change that the chain refuses ends
 * nothing: the signer's clock may have been ahead once, and would keep the pipeline from starting until it is caught up.
 */
async function putRulesInForce(session: Session, pipeline: Pipeline, signal: AbortSignal): Promise<void> {
  const rules = readRules(session.config.rulesFile)
  await whenRunning(pipeline, signal)
  if (signal.aborted) return
  const places = await followRulesFile(session, pipeline, rules, signal)
  if (places === null) return
  const name = `rule set ${rules.version} of ${session.config.rulesFile}`
  try {
    const holds = await settled(session, places)
    print(
      `${name} ${holds ? 'is in force in every partition' : 'stands in the input, and holds once the tasks come to it'}`,
    )
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    complain(`${name} is not in force; decisions go on, and the next start tries again: ${error.message}`)
  }
}

function printSummary({ tasks }: Pipeline, ranMs: number): void {
  const count = (name: (typeof DISPOSITIONS)[number]) =>
    tasks.reduce((sum, { counters }) => sum + (counters.dispositions[DISPOSITIONS.indexOf(name)] ?? 0), 0)
  const text = DISPOSITIONS.slice(1)
    .filter((name) => count(name) > 0)
    .map((name) => `${name} ${grouped(count(name))}`)
  print(
    `ended after ${Math.round(ranMs / 1_000)} s: ${text.join(', ') || 'no records'}; \`sluice verify\` recomputes all of it`,
  )
}

/** What metrics and health look at, as far as it is there: they are served before the first task. */
interface Running {
  session: Session | null
  pipeline: Pipeline | null
  alerts: EmbeddedAlerts | null
  hooks: UpHooks | null
  repeats: RepeatCounter | null
}

function createUpMetrics(running: Running, { archive }: Config): Metrics {
  const tasksNow = () => {
    const { session, pipeline } = running
    return session === null || pipeline === null ? null : { session, tasks: pipeline.tasks }
  }
  const metrics = createTaskMetrics(tasksNow, { logBytes: () => logBytes(running.session) })
  // Without an archive nobody counts, and a 0 would say that somebody has.
  if (archive) measureArchivedRepeats(metrics.registry, () => running.repeats?.counted ?? null)
  return metrics
}

function logBytes(session: Session | null) {
  const environments = session?.log.stat().environments ?? []
  return environments.map(({ name, bytesUsed, bytesMax }) => ({ part: name, used: bytesUsed, max: bytesMax }))
}

/** A log that has stopped ends the process. */
function upHealth({ pipeline, alerts, hooks }: Running, { stopped }: Session['log'], { signal }: Shutdown): Health {
  const details = {
    log: stopped?.message ?? 'open',
    alerts: alerts?.state ?? 'CONNECTING',
    hooks: hooks?.details ?? {},
  }
  return tasksHealth(pipeline, signal.aborted || stopped !== null, details)
}
