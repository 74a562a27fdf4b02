import { join } from 'node:path'
import { BESIDE_DECISIONS, startRedis } from '../stack/redis/redis.ts'
import { StartedSluice } from '../test/support/started-sluice.ts'
import { withBroker } from './kafka-ground.ts'
import { WorkerProcess } from './kafka-worker.ts'
import { withDataFolder } from './load.ts'

/** A board that is served, and where its payments are to go. */
export interface Board {
  readonly url: string
  readonly data: string
  /** Null where the log is that of the data folder. */
  readonly bootstrap: string | null
}

export type Ground = (work: (board: Board) => Promise<void>) => Promise<void>

const WORKER_PARTITIONS = 12

/** Runs `work` beside a new `sluice up`, as a newcomer starts it but without its simulator. */
export const embedded: Ground = (work) =>
  withDataFolder(async (data) => {
    const up = new StartedSluice(['up', '--no-simulate', '--port', '0', '--data', data])
    try {
      const [, url = ''] = await up.says(/fraud board: (\S+)\n/)
      await work({ url, data, bootstrap: null })
    } finally {
      await ended(up)
    }
  })

/** Runs `work` beside a broker, a Redis, a worker, an alerter and a board, each a process of its own as in docs/kafka.md. */
export const clustered: Ground = (work) =>
  withBroker(async ({ bootstrap, folder }) => {
    const redis = await startRedis(BESIDE_DECISIONS)
    const data = join(folder, 'data')
    const env = {
      SLUICE_KAFKA_BOOTSTRAP: bootstrap,
      SLUICE_KAFKA_REPLICAS: '1',
      SLUICE_DATA: data,
      SLUICE_REDIS_URL: redis.url,
    }
    const topics = new StartedSluice(['topics', '--kafka'], { env })
    if ((await topics.ended) !== 0) throw new Error(`the topics could not be made: ${topics.stdout}${topics.stderr}`)
    const worker = new WorkerProcess({ bootstrap, folder }, 'board')
    // It makes the data folder, whose keys the others need.
    await worker.ready(WORKER_PARTITIONS)
    const alerter = new StartedSluice(['alerter', '--kafka', '--port', '0'], { env })
    const board = new StartedSluice(['board', '--kafka'], { env })
    try {
      await alerter.says(/health on/)
      const [, url = ''] = await board.says(/sluice board: (\S+),/)
      await work({ url, data, bootstrap })
    } finally {
      await ended(board)
      await ended(alerter)
      await worker.end('SIGTERM')
      await redis.stop()
    }
  })

async function ended(process: StartedSluice): Promise<void> {
  process.kill('SIGTERM')
  await process.ended
}
