import { startBigQuery } from './bigquery/bigquery.ts'
import { startKafka } from './kafka/kafka.ts'
import type { RealParts } from './real-parts.ts'
import { startRedis } from './redis/redis.ts'
import { startRegistry } from './registry/registry.ts'

/** The parts as plain processes of this machine. */
const launcherParts: RealParts = {
  kafka: () => startKafka(),
  registry: () => startRegistry(),
  redis: () => startRedis(),
  bigQuery: () => startBigQuery(),
}

/**
 * Containers where a Docker daemon answers, else processes; `tell` is told which in one line.
 * A test that breaks a part, or wants three brokers or users, takes the launcher itself (startKafka, startRedis).
 */
export async function chooseParts(tell: (line: string) => void): Promise<RealParts> {
  // Loaded here: it takes half a second, and needs development packages.
  const { containerParts, dockerDaemon } = await import('./containers/container-parts.ts')
  const docker = await dockerDaemon()
  if (docker === null) {
    tell('real parts: plain processes of the launcher (no Docker daemon answers)')
    return launcherParts
  }
  tell(`real parts: containers by testcontainers (Docker answers: ${docker})`)
  return containerParts
}
