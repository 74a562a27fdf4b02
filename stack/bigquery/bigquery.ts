import { join } from 'node:path'
import { askHttp } from '../http-request.ts'
import { partEnvironment } from '../part-environment.ts'
import { claimPort, freePorts } from '../ports.ts'
import { newRunFolder } from '../run-folder.ts'
import { allReady, type RunningServers } from '../running-servers.ts'
import { Server } from '../server.ts'
import { bigQueryDistribution } from './distribution.ts'

export interface BigQueryOptions {
  /** Of the REST API; a free one by default. */
  readonly port?: number
}

/** A running stand-in for BigQuery: its REST API and its Storage Write API. */
export interface BigQuery extends RunningServers {
  /** Root of the REST API, as BIGQUERY_EMULATOR_HOST wants it. */
  readonly url: string
  /** `host:port` of the Storage API, gRPC without TLS. */
  readonly grpc: string
  readonly project: string
}

const PROJECT = 'sluice'
/** bqemulator, with defects of it mended. */
const PROGRAM = join(import.meta.dirname, 'endpoint.py')

/** Starts bqemulator (BigQuery's dialect on DuckDB); resolves when it lists data sets. Its tables outlive a restart, not a stop. */
export async function startBigQuery({ port }: BigQueryOptions = {}): Promise<BigQuery> {
  const { python, home } = await bigQueryDistribution()
  const run = newRunFolder('bigquery')
  const [free, grpcPort] = (await freePorts(2)) as [number, number]
  const restPort = port === undefined ? free : await claimPort(port, '--bigquery-port')
  const url = `http://127.0.0.1:${restPort}/bigquery/v2`
  const listen = ['--rest-port', String(restPort), '--grpc-port', String(grpcPort)]
  const server = new Server({
    name: 'BigQuery’s endpoint',
    address: `127.0.0.1:${restPort}`,
    program: python,
    args: [PROGRAM, 'start', '--project', PROJECT, ...listen, '--persistent', '--data-dir', run.data],
    folder: run.data,
    env: partEnvironment({ HOME: home }),
    logFile: run.log('bigquery'),
    ask: () => askHttp(`${url}/projects/${PROJECT}/datasets`),
  })
  return { ...(await allReady(run, [server])), url, grpc: `127.0.0.1:${grpcPort}`, project: PROJECT }
}
