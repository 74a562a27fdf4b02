/** The thread of a worker process: one worker, which tells the main thread what it is asked for. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Config } from '../../../platform/config.ts'
import type { StreamsError } from '../../../streams/errors.ts'
import { WorkerHost } from './worker-host.ts'

export type Question = 'health' | 'metrics'

/** What the main thread says. */
export type ThreadOrder =
  | { readonly kind: 'stop' }
  | { readonly kind: 'ask'; readonly id: number; readonly about: Question }

/** An error as it crosses the threads: classes do not. */
export type ToldFailure = Pick<StreamsError, 'code' | 'next' | 'message' | 'place'>

/** What the thread says. */
export type ThreadReport =
  | { readonly kind: 'partitions'; readonly partitions: readonly number[] }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'ended'; readonly failure: ToldFailure | null }

if (parentPort !== null) await work(workerData as Config, parentPort)

async function work(config: Config, main: NonNullable<typeof parentPort>): Promise<void> {
  const tell = (report: ThreadReport) => main.postMessage(report)
  const stopping = new AbortController()
  let host: WorkerHost | null = null
  main.on('message', async (order: ThreadOrder) => {
    if (order.kind === 'stop') stopping.abort()
    else tell({ kind: 'answer', id: order.id, value: await answer(order.about) })
  })
  async function answer(about: Question): Promise<unknown> {
    if (host === null) return null
    return about === 'health' ? host.health(stopping.signal.aborted) : host.metrics.registry.getMetricsAsJSON()
  }
  host = await WorkerHost.open(config, 'thread', stopping.signal)
  const failure = await host.run(stopping.signal, (partitions) => tell({ kind: 'partitions', partitions }))
  await host.close()
  tell({ kind: 'ended', failure: failure && told(failure) })
  main.close()
}

function told({ code, next, message, place }: StreamsError): ToldFailure {
  return { code, next, message, place }
}
