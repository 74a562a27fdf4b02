import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type DoubleFaults, STATUS_OF } from './double-faults.ts'
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
  private readonly server = createServer((request, response) => {
    void this.answer(request, response)
  })
  private readonly counted = new Map<string, number>()

  constructor(tables: DoubleTables, faults: DoubleFaults) {
    this.tables = tables
    this.faults = faults
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
    const body = await text(request)
    const path = (request.url ?? '').replace(/^[/]bigquery[/]v2[/]projects[/][^/]+[/]/, '').replace(/[?].*/, '')
    const fault = this.faults.meet({ method: 'REST', on: path })
    if (fault === 'cut') return void request.socket.destroy()
    if (fault !== null && fault in STATUS_OF) {
      const { http, reason } = STATUS_OF[fault as keyof typeof STATUS_OF]
      return fail(response, http, reason)
    }
    const found = this.route(request.method ?? '', path.split('/'), body === '' ? {} : (JSON.parse(body) as Body))
    if (fault === 'unanswered') return void request.socket.destroy()
    if (fault === 'silent') return
    if (found === null) fail(response, 404, 'notFound')
    else send(response, 200, found)
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

function referenced(body: Body, reference: string, id: string): string {
  return (body[reference] as Readonly<Record<string, string>>)[id]!
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function fail(response: ServerResponse, code: number, reason: string): void {
  send(response, code, { error: { code, message: reason, errors: [{ reason, message: reason }] } })
}
