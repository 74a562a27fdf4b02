import { join } from 'node:path'
import type { Config } from '../../../platform/config.ts'
import type { Health } from '../../../platform/health-server.ts'
import { createLogger } from '../../../platform/logger.ts'
import type { Metrics, MetricsOptions } from '../../../platform/metrics.ts'
import type { StreamsError } from '../../../streams/errors.ts'
import { MemberFile } from '../../../streams/kafka/member-file.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { renewAgreedKeys } from '../agreed-keys.ts'
import type { ClusterSession } from '../cluster-session.ts'
import { areInForce } from '../control/rules-change.ts'
import { readRules } from '../control/rules-file.ts'
import { taskIdOf } from '../measured-task.ts'
import { APPLICATION_ID } from '../session.ts'
import { StoreWatch } from '../store-fills.ts'
import { createTaskMetrics } from '../task-metrics.ts'
import { tasksHealth } from '../tasks-health.ts'
import { Worker, type WorkerEvents } from './worker.ts'
import { awaitWorkerSession } from './worker-session.ts'

const RUNNING_POLL_MS = 200
/** Brokers keep such an offset for a week by default. */
const KEYS_RENEWED_MS = 86_400_000

/** One worker with its session, metrics and health: a process has one, or one in each of its threads. */
export class WorkerHost {
  readonly metrics: Metrics
  private readonly config: Config
  private readonly session: ClusterSession
  private worker: Worker | null = null

  private constructor(config: Config, session: ClusterSession, of: MetricsOptions['of'] & string) {
    this.config = config
    this.session = session
    this.metrics = createTaskMetrics(() => this.worker && { session, tasks: this.worker.tasks }, {
      // What the cluster takes is its brokers' to tell.
      logBytes: () => [],
      client: () => session.log.counters,
      of,
    })
  }

  /** Waits for a cluster that does not answer, until `signal` aborts. @throws what `awaitWorkerSession` does. */
  static async open(config: Config, of: 'process' | 'thread', signal: AbortSignal): Promise<WorkerHost> {
    let host: WorkerHost | null = null
    // The tasks commit in the name of the member, which is made once the log is there.
    const session = await awaitWorkerSession(config, () => host?.worker?.member.requireIdentity() ?? null, signal)
    host = new WorkerHost(config, session, of)
    return host
  }

  /** Works until `signal` aborts: drains, commits, writes checkpoints and leaves the group. Resolves with what ended it before that. */
  async run(signal: AbortSignal, onPartitions: WorkerEvents['onPartitions']): Promise<StreamsError | null> {
    const { config, session, metrics } = this
    const logger = createLogger(config.logLevel)
    const store = new MemberFile(join(session.folder.path, 'members', `${config.workerName}.json`), APPLICATION_ID)
    const worker = new Worker(session, {
      store,
      standby: config.standby === 'all',
      events: {
        onPartitions,
        onSurvived: (partition, error) => logger.warn({ partition, error: error.message }, 'goes on'),
        onCommit: (partition, latencyMs) => metrics.observeCommit(taskIdOf(partition), latencyMs),
        onFailed: (partition, error) => logger.error({ partition, error: error.message }, 'task ended'),
      },
    })
    this.worker = worker
    const beside = new AbortController()
    const watching = [
      new StoreWatch(worker, logger).watch(beside.signal),
      this.noticeOtherRules(worker, beside.signal),
      this.keepKeysAgreed(beside.signal),
    ]
    if (signal.aborted) worker.stop()
    else signal.addEventListener('abort', () => worker.stop(), { once: true })
    const failure = await worker.ended
    beside.abort()
    await Promise.all(watching)
    return failure
  }

  /** A worker puts no rules in force (ADR 0028), and says so when its rule file has others. */
  private async noticeOtherRules(worker: Worker, signal: AbortSignal): Promise<void> {
    const { rulesFile, logLevel } = this.config
    const rules = readRules(rulesFile)
    while (!worker.running && !signal.aborted) await machineTime.sleep(RUNNING_POLL_MS, signal)
    if (signal.aborted || areInForce(worker.tasks, rules)) return
    const remedy = '`sluice rules apply --kafka` puts it in force'
    createLogger(logLevel).warn(
      { rulesFile, version: rules.version },
      `the rule file is not what is in force; ${remedy}`,
    )
  }

  private async keepKeysAgreed(signal: AbortSignal): Promise<void> {
    const logger = createLogger(this.config.logLevel)
    for (;;) {
      await machineTime.sleep(KEYS_RENEWED_MS, signal)
      if (signal.aborted) return
      await renewAgreedKeys(this.session.log).catch((error: Error) => {
        logger.warn({ error: error.message }, 'the agreed keys were not renewed; tried again tomorrow')
      })
    }
  }

  /** Ready also takes a member that the group knows. */
  health(ending: boolean): Health {
    return tasksHealth(this.worker, ending, { member: this.worker?.member.phase ?? 'STARTING' })
  }

  async close(): Promise<void> {
    await this.session.log.close()
  }
}
