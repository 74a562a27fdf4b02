import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type DoubleCall, type DoubleFaults, STATUS_OF } from './double-faults.ts'
import type { DoubleLoads } from './double-loads.ts'
import type { DoubleTable, DoubleTables } from './double-tables.ts'

interface QueryParameter {
  readonly name: string
  readonly parameterValue: { readonly value: string }
}

type Body = Readonly<Record<string, unknown>>

/** What our client asks of BigQuery's REST API, over the tables of the double. */
export class DoubleRest {
  private readonly tables: DoubleTables
  private readonly faults: DoubleFaults
  private readonly loads: DoubleLoads
  private readonly server = createServer((request, response) => {
    void this.answer(request, response)
  })
  private readonly counted = new Map<string, number>()

  constructor(tables: DoubleTables, faults: DoubleFaults, loads: DoubleLoads) {
    this.tables = tables
    this.faults = faults
    this.loads = loads
    // A connection that idles must not be closed just as the client takes it again: every fault here is an ordered one.
    this.server.keepAliveTimeout = 600_000
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () => resolve((this.server.address() as AddressInfo).port))
    })
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const { method = '', url = '' } = request
    const path = url.replace(/^(?:[/]upload)?[/]bigquery[/]v2[/]projects[/][^/]+[/]/, '').replace(/[?].*/, '')
    const kind = kindOf(method, url, path)
    const fault = this.faults.meet({ method: kind, on: path })
    if (fault === 'cut') return void request.socket.destroy()
    if (fault !== null && fault in STATUS_OF) {
      const { http, reason } = STATUS_OF[fault as keyof typeof STATUS_OF]
      return fail(response, http, reason)
    }
    const answered = await this.work(kind, request, path, body)
    if (fault === 'unanswered') return void request.socket.destroy()
    if (fault === 'silent') return
    answered(response)
  }

  private async work(kind: DoubleCall['method'], request: IncomingMessage, path: string, body: Buffer) {
    switch (kind) {
      case 'OpenUpload': {
        const name = this.loads.open(body)
        if (name === null) return duplicate
        const location = `http://${request.headers.host}/upload/bigquery/v2/projects/any/jobs?upload_id=${name}`
        return (response: ServerResponse) => void response.writeHead(200, { location }).end()
      }
      case 'Upload': {
        const name = new URL(request.url!, 'http://double').searchParams.get('upload_id')!
        return (await this.loads.upload(name, body)) === null
          ? duplicate
          : (response: ServerResponse) => send(response, 200, {})
      }
      case 'JobStatus': {
        const job = this.loads.jobs.get(path.split('/')[1]!)
        if (job === undefined) return missing
        const { failure } = job
        const errorResult =
          failure === null ? {} : { errorResult: { reason: failure, message: 'value 12.34 of a row' } }
        const status = job.polls-- > 0 ? { state: 'RUNNING' } : { state: 'DONE', ...errorResult }
        return (response: ServerResponse) => send(response, 200, { jobReference: { jobId: job.id }, status })
      }
      default: {
        const asked = body.length === 0 ? {} : (JSON.parse(body.toString()) as Body)
        const found = this.route(request.method ?? '', path.split('/'), asked)
        return found === null ? missing : (response: ServerResponse) => send(response, 200, found)
      }
    }
  }

  private route(method: string, [kind, name = '', tables, table]: string[], body: Body): object | null {
    const { datasets } = this.tables
    if (kind === 'jobs') return this.count(body)
    if (kind === 'queries') return this.counts(name)
    if (kind !== 'datasets') return null
    if (name === '') {
      datasets.set(referenced(body, 'datasetReference', 'datasetId'), new Map())
      return {}
    }
    if (!datasets.has(name)) return null
    if (tables === undefined) return { id: name }
    if (table === undefined) {
      this.tables.create(name, referenced(body, 'tableReference', 'tableId'), body as never)
      return {}
    }
    const standing = this.tables.table(name, table)
    if (standing === null) return null
    if (method === 'PATCH') standing.resource = { ...standing.resource, ...(body as Partial<DoubleTable['resource']>) }
    return { ...standing.resource, creationTime: String(standing.createdMs) }
  }

  /** The one query that the archive asks for itself: rows of a partition from an offset on. */
  private count(body: Body): object | null {
    const { query } = body['configuration'] as { query: { query: string; queryParameters: QueryParameter[] } }
    const [, dataset = '', name = ''] = /`[^.]+[.]([^.]+)[.]([^`]+)`/.exec(query.query) ?? []
    const table = this.tables.table(dataset, name)
    if (table === null) return null
    const given = Object.fromEntries(query.queryParameters.map((one) => [one.name, one.parameterValue.value]))
    const rows = table.rows.filter(
      (row) =>
        row.kafka_topic === given['topic'] &&
        row.kafka_partition === Number(given['partition']) &&
        row.kafka_offset >= Number(given['offset']),
    )
    const { jobId } = body['jobReference'] as { jobId: string }
    this.counted.set(jobId, rows.length)
    return { jobReference: { jobId }, status: { state: 'DONE' } }
  }

  private counts(jobId: string): object {
    return {
      jobComplete: true,
      schema: { fields: [{ name: 'found', type: 'INTEGER' }] },
      rows: [{ f: [{ v: String(this.counted.get(jobId)) }] }],
    }
  }
}

const missing = (response: ServerResponse) => fail(response, 404, 'notFound')
const duplicate = (response: ServerResponse) => fail(response, 409, 'duplicate')

function kindOf(method: string, url: string, path: string): DoubleCall['method'] {
  if (url.startsWith('/upload/')) return method === 'PUT' ? 'Upload' : 'OpenUpload'
  return method === 'GET' && path.startsWith('jobs/') ? 'JobStatus' : 'REST'
}

function referenced(body: Body, reference: string, id: string): string {
  return (body[reference] as Readonly<Record<string, string>>)[id]!
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function fail(response: ServerResponse, code: number, reason: string): void {
  send(response, code, { error: { code, message: reason, errors: [{ reason, message: reason }] } })
}
