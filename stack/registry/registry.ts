import { askHttp } from '../http-request.ts'
import { partEnvironment } from '../part-environment.ts'
import { claimPort, freePorts } from '../ports.ts'
import { newRunFolder } from '../run-folder.ts'
import { allReady, type RunningServers } from '../running-servers.ts'
import { Server } from '../server.ts'
import { registryJar } from './distribution.ts'

export interface RegistryOptions {
  /** A free one by default. */
  readonly port?: number
}

/** A running schema registry. */
export interface Registry extends RunningServers {
  /** The root of its Confluent-compatible API. */
  readonly url: string
}

const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'] as const

/**
 * Starts Apicurio Registry, which speaks Confluent's API; resolves when it lists its subjects.
 * It keeps schemas in memory, so a restarted one is empty.
 */
export async function startRegistry({ port }: RegistryOptions = {}): Promise<Registry> {
  const jar = await registryJar()
  const run = newRunFolder('registry')
  const own = port === undefined ? (await freePorts(1))[0]! : await claimPort(port, '--registry-port')
  const url = `http://127.0.0.1:${own}/apis/ccompat/v7`
  const listen = [`-Dquarkus.http.port=${own}`, '-Dquarkus.http.host=127.0.0.1']
  const server = new Server({
    name: 'The schema registry',
    address: `127.0.0.1:${own}`,
    program: 'java',
    args: [...JVM, ...listen, '-jar', jar],
    folder: run.data,
    env: partEnvironment(),
    logFile: run.log('registry'),
    ask: () => askHttp(`${url}/subjects`),
  })
  return { ...(await allReady(run, [server])), url }
}
