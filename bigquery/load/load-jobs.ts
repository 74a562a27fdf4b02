import { StreamsError } from '../../streams/errors.ts'
import { jobError } from '../dataset/rest-errors.ts'
import type { LoadRequest, LoadRequests } from './load-requests.ts'

const PAUSE = { firstMs: 200, maxMs: 5_000 } as const
/** A job that takes longer is asked about again by the next session. */
const JOB_MS = 600_000

export interface JobClock {
  sleep(delayMs: number, signal: AbortSignal): Promise<void>
}

/** Load jobs of a process, of each table one at a time: BigQuery takes five changes of a table in ten seconds. */
export class LoadJobs {
  private readonly requests: Pick<LoadRequests, 'start' | 'status'>
  private readonly clock: JobClock
  private readonly turns = new Map<string, Promise<unknown>>()

  constructor(requests: Pick<LoadRequests, 'start' | 'status'>, clock: JobClock) {
    this.requests = requests
    this.clock = clock
  }

  /**
   * Runs the job, or waits for the one that has its id. Null when its rows stand in the table; an error when it has ended without
   * writing anything, so that it takes another id to try again.
   * @throws StreamsError when the outcome is unknown: ask again with the same id.
   */
  run(request: LoadRequest): Promise<StreamsError | null> {
    const before = this.turns.get(request.table) ?? Promise.resolve()
    const outcome = before.then(() => this.runNow(request))
    this.turns.set(
      request.table,
      outcome.catch(() => {}),
    )
    return outcome
  }

  private async runNow(request: LoadRequest): Promise<StreamsError | null> {
    const { id, table } = request
    await this.requests.start(request)
    const patience = AbortSignal.timeout(JOB_MS)
    for (let pauseMs: number = PAUSE.firstMs; ; pauseMs = Math.min(pauseMs * 2, PAUSE.maxMs)) {
      const { done, failure } = await this.requests.status(id, table)
      if (failure !== null && done) return jobError(failure.reason, id, table)
      if (done) return null
      if (patience.aborted) {
        const what = `the load job ${id} has not ended after ${JOB_MS / 1_000} s; it is asked about again`
        throw new StreamsError('BIGQUERY_JOB_RUNS', 'retry', what, { topic: table })
      }
      await this.clock.sleep(pauseMs, patience)
    }
  }
}
