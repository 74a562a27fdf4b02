import { userInfo } from 'node:os'
import type { FastifyPluginAsync } from 'fastify'
import { Access } from '../../../dashboards/board/access.ts'
import { AlertHub } from '../../../dashboards/board/alert-hub.ts'
import { boardRoutes } from '../../../dashboards/board/board-routes.ts'
import type { AlertFeed, BoardReads } from '../../../dashboards/board/sources.ts'
import type { PartitionView } from '../../../dashboards/board/views.ts'
import type { Logger } from '../../../platform/logger.ts'
import type { RuleSet } from '../../../schemas/rule-set.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { Standing } from '../control/standing.ts'
import { OutputValues } from '../record-values.ts'
import { INPUT_TOPIC, PARTITIONS, type Session } from '../session.ts'
import { accountHistory } from './account-history.ts'
import { accountView } from './account-view.ts'
import { AuditLog, auditSchemaId } from './audit-log.ts'
import { AuditTrail, addToTrail } from './audit-trail.ts'
import { boardActs } from './board-acts.ts'
import { boardUsers } from './board-users.ts'
import { complianceView, maskingAudits } from './compliance-view.ts'
import { DeadLetterCounts } from './dead-letter-counts.ts'
import { decisionView } from './decision-view.ts'
import { PipelineFigures } from './pipeline-figures.ts'
import { ReviewQueue } from './review-queue.ts'
import { rulesView } from './rules-view.ts'
import { ShadowFigures } from './shadow-figures.ts'
import { TopicFollower, type VisitFollowed } from './topic-follower.ts'

const WATCH_MS = 1_000

/** What the tasks hold, from their memory where they run in this process, else from their checkpoints and the log. */
export interface TaskStates {
  /** Null while it cannot be told. */
  standing(accountId: string): Promise<Standing | null>
  rules(): Promise<RuleSet>
  checkpointAgeMs(partition: number): number | null
  /** How often its task has begun anew; 0 where only the log tells. */
  restarts(partition: number): number
}

export interface BoardParts {
  readonly session: Session<Log>
  readonly states: TaskStates
  readonly openFeed: () => Promise<AlertFeed>
  readonly logger: Pick<Logger, 'error' | 'warn'>
}

/** The board over a session's log: its routes, and what follows the log for them. */
export class Board {
  readonly routes: FastifyPluginAsync
  private readonly parts: BoardParts
  private readonly hub: AlertHub
  private readonly audit: AuditLog
  private readonly trail = new AuditTrail()
  private readonly queue = new ReviewQueue()
  private readonly shadow = new ShadowFigures()
  private readonly letters = new DeadLetterCounts()
  private readonly figures = new PipelineFigures(machineTime.nowMs)
  private readonly decided: TopicFollower
  private readonly others: readonly TopicFollower[]
  private reviewMs = 0

  /** @throws what reading the file of users or asking for a schema does. */
  static async open(parts: BoardParts): Promise<Board> {
    return new Board(parts, await auditSchemaId(parts.session.registry))
  }

  private constructor(parts: BoardParts, auditId: number) {
    const { session, openFeed, logger } = parts
    const { config, log } = session
    this.parts = parts
    this.hub = new AlertHub({
      openFeed,
      clock: machineTime,
      onWaiting: (error) => logger.warn({ error: error.message }, 'the board waits for the alert store'),
    })
    this.audit = new AuditLog(log, auditId)
    this.decided = this.follower(TOPICS.paymentsDecided, this.visitDecided(), 'all')
    this.others = [
      this.follower(TOPICS.paymentsDuplicates, () => this.figures.duplicated(), 'new'),
      this.follower(TOPICS.paymentsDlq, this.visitDeadLetter(), 'all'),
      this.follower(TOPICS.auditEvents, addToTrail(this.trail, auditId), 'all'),
    ]
    const claimOf = (decisionId: string) => this.trail.claimOf(decisionId, machineTime.nowMs())
    this.routes = boardRoutes({
      hub: this.hub,
      access: new Access({ users: boardUsers(config), localUser: userInfo().username, nowMs: machineTime.nowMs }),
      reads: this.reads(claimOf),
      acts: boardActs({ session, audit: this.audit, claimOf, endOf: this.queue.endOf }),
      onError: (error) => logger.error({ error: error.stack ?? error.message }, 'the board failed at a request'),
    })
  }

  /** Follows the log and the alert store until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { states } = this.parts
    this.reviewMs = (await states.rules()).review_ms
    const following = [this.hub, this.decided, ...this.others].map((one) => one.run(signal))
    await Promise.all([...following, this.watchTasks(signal)])
    await this.audit.close()
  }

  private async watchTasks(signal: AbortSignal): Promise<void> {
    const seen = Array.from({ length: PARTITIONS }, () => 0)
    while (!signal.aborted) {
      seen.forEach((before, partition) => {
        const now = this.parts.states.restarts(partition)
        if (now > before) this.figures.restarted(partition)
        seen[partition] = now
      })
      await machineTime.sleep(WATCH_MS, signal)
    }
  }

  private reads(claimOf: Parameters<ReviewQueue['view']>[1]): BoardReads {
    const { session, states } = this.parts
    return {
      account: async (accountId, actions) => accountView(session, accountId, await states.standing(accountId), actions),
      decision: (decisionId) => decisionView(session, decisionId, this.queue.endOf),
      pipeline: async () => ({
        nowMs: machineTime.nowMs(),
        ...this.figures.view(),
        partitions: await this.partitions(),
        deadLetters: this.letters.view(),
      }),
      rules: async () => rulesView(session, await states.rules(), this.trail.acts(), this.shadow),
      compliance: () => complianceView(session),
      history: (accountId, beforeMs) => accountHistory(session.config, accountId, beforeMs),
      maskings: (find) => maskingAudits(session.config, find),
      reviews: () => ({
        nowMs: machineTime.nowMs(),
        slaMs: session.config.boardReviewSlaMs,
        complete: this.decided.complete,
        ...this.queue.view(this.reviewMs, claimOf),
      }),
    }
  }

  private partitions(): Promise<PartitionView[]> {
    const { session, states } = this.parts
    return Promise.all(
      Array.from({ length: PARTITIONS }, async (_, partition) => {
        const input = { topic: INPUT_TOPIC, partition }
        const [{ startOffset, endOffset: end }, next] = await Promise.all([
          session.log.bounds(input),
          session.committed(input),
        ])
        const committed = next?.offset ?? startOffset
        const lag = Math.max(0, end - committed)
        return { partition, committed, end, lag, checkpointAgeMs: states.checkpointAgeMs(partition) }
      }),
    )
  }

  private follower(
    topic: (typeof TOPICS)[keyof typeof TOPICS],
    visit: VisitFollowed,
    what: 'all' | 'new',
  ): TopicFollower {
    const { session, logger } = this.parts
    return new TopicFollower({
      log: session.log,
      topic,
      from: ({ startOffset, endOffset }) => (what === 'all' ? startOffset : endOffset),
      visit,
      onError: (error) => logger.warn({ topic: topic.name, error: error.message }, 'the board reads the log again'),
    })
  }

  private visitDecided(): VisitFollowed {
    const values = new OutputValues(this.parts.session.ids)
    return (record, view, live) => {
      const decision = values.decisionOf(record, view)
      if (decision === null) {
        const resolution = values.resolutionOf(record, view)
        if (resolution !== null) {
          this.queue.resolved(resolution)
          this.shadow.resolved(resolution)
        }
        const verdict = values.shadowVerdictOf(record, view)
        if (verdict !== null) this.shadow.judged(verdict)
        return
      }
      this.shadow.decided(decision)
      this.queue.decided(decision)
      if (live) this.figures.decided(decision, record)
    }
  }

  private visitDeadLetter(): VisitFollowed {
    const values = new OutputValues(this.parts.session.ids)
    return (record, view) => {
      const letter = values.deadLetterOf(record, view)
      if (letter !== null) this.letters.add(letter, record.timestampMs)
    }
  }
}
