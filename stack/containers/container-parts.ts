import { join } from 'node:path'
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers'
import { askHttp } from '../http-request.ts'
import { askBroker } from '../kafka/broker-request.ts'
import { freePorts } from '../ports.ts'
import { untilAnswered } from '../ready.ts'
import type { RealParts } from '../real-parts.ts'
import { pingRedis } from '../redis/redis-request.ts'
import { IMAGES } from './images.ts'
import { kafkaVariables } from './kafka-variables.ts'

const READY_WITHIN_MS = 240_000
const BIGQUERY_IMAGE_FOLDER = join(import.meta.dirname, '../bigquery')
const PROJECT = 'sluice'

/** What the Docker daemon calls itself, null where none answers. */
export async function dockerDaemon(): Promise<string | null> {
  try {
    const { containerRuntime } = (await getContainerRuntimeClient()).info
    return `${containerRuntime.operatingSystem}, ${containerRuntime.serverVersion}`
  } catch {
    return null // No strategy of testcontainers finds a daemon: that is the answer.
  }
}

/** The parts as containers. Testcontainers' own reaper ends them when this process is gone. */
export const containerParts: RealParts = {
  async kafka() {
    const { host } = (await getContainerRuntimeClient()).info.containerRuntime
    // A broker tells clients its own port, so the port is the same inside and outside.
    const [port] = (await freePorts(1)) as [number]
    const container = new GenericContainer(IMAGES.kafka)
      .withEnvironment(kafkaVariables(host, port))
      .withExposedPorts({ container: port, host: port })
    const address = `${host}:${port}`
    const stop = await started(container, () => askBroker(address, 1, null))
    return { bootstrap: [address], stop }
  },

  async registry() {
    let url = ''
    const container = new GenericContainer(IMAGES.registry).withExposedPorts(8_080)
    const stop = await started(container, (running) => {
      url = `http://${running.getHost()}:${running.getMappedPort(8_080)}/apis/ccompat/v7`
      return askHttp(`${url}/subjects`)
    })
    return { url, stop }
  },

  async redis() {
    let address = ''
    const container = new GenericContainer(IMAGES.redis)
      .withCommand(['redis-server', '--save', '', '--appendonly', 'no'])
      .withExposedPorts(6_379)
    const stop = await started(container, (running) => {
      address = `${running.getHost()}:${running.getMappedPort(6_379)}`
      return pingRedis(address)
    })
    return { url: `redis://${address}`, stop }
  },

  async bigQuery() {
    let url = ''
    let grpc = ''
    const image = await GenericContainer.fromDockerfile(BIGQUERY_IMAGE_FOLDER).build()
    const stop = await started(image.withExposedPorts(9_050, 9_060), (running) => {
      url = `http://${running.getHost()}:${running.getMappedPort(9_050)}/bigquery/v2`
      grpc = `${running.getHost()}:${running.getMappedPort(9_060)}`
      return askHttp(`${url}/projects/${PROJECT}/datasets`)
    })
    return { url, grpc, project: PROJECT, stop }
  },
}

/** Starts the container and waits until it answers a real request; the result ends it. */
async function started(
  container: GenericContainer,
  ask: (running: StartedTestContainer) => Promise<void>,
): Promise<() => Promise<void>> {
  const running = await container.withWaitStrategy(Wait.forListeningPorts()).start()
  const stop = async () => {
    await running.stop()
  }
  try {
    await untilAnswered(`the container ${running.getName()}`, () => ask(running), READY_WITHIN_MS)
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}
