import { openAsBlob, statSync } from 'node:fs'
import { StreamsError } from '../../streams/errors.ts'
import type { DatasetClient } from '../dataset/dataset-client.ts'
import type { FieldResource } from '../schema/table-resource.ts'

/** A load job as it is asked for: rows of one file, appended to one table, all or none. */
export interface LoadRequest {
  /** BigQuery takes an id once. */
  readonly id: string
  readonly table: string
  /** The columns of the file, as they stand in the table. */
  readonly fields: readonly FieldResource[]
  /** Parquet, on this machine. */
  readonly file: string
}

/** How a job stands; `failure` is BigQuery's reason once it has ended without writing anything. */
export interface JobStatus {
  readonly done: boolean
  readonly failure: { readonly reason?: string } | null
}

/** The slowest line that an upload is given time for. */
const UPLOAD_BYTES_PER_S = 256 * 1024

/** The requests of load jobs. Google's library uploads in one part, whose size has a limit; a session of its upload API has none. */
export class LoadRequests {
  readonly dataset: DatasetClient

  constructor(dataset: DatasetClient) {
    this.dataset = dataset
  }

  /** Resolves once BigQuery has the job, from this request or from one before it. @throws StreamsError; then it may have it too. */
  async start(request: LoadRequest): Promise<void> {
    const { table, file } = request
    const session = await this.dataset.ask((signal) => this.openUpload(request, signal), table)
    if (session === null) return
    const { size } = statSync(file)
    const timeoutMs = this.dataset.target.timeoutMs + (size / UPLOAD_BYTES_PER_S) * 1_000
    await this.dataset.ask(
      async (signal) => {
        const headers = await this.headers(session)
        headers.set('content-range', `bytes 0-${size - 1}/${size}`)
        const body = await openAsBlob(file)
        await this.send(session, { method: 'PUT', headers, body, signal })
      },
      table,
      timeoutMs,
    )
  }

  /** Of a job that BigQuery has. @throws StreamsError */
  async status(id: string, table: string): Promise<JobStatus> {
    const { location } = this.dataset.target
    const [job] = await this.dataset.ask(() => this.dataset.bigQuery.job(id, { location }).getMetadata(), table)
    const { state, errorResult } = job.status as { state?: string; errorResult?: { reason?: string } }
    return { done: state === 'DONE', failure: errorResult ?? null }
  }

  /** The address of an upload; null when the job is there already. */
  private async openUpload(request: LoadRequest, signal: AbortSignal): Promise<string | null> {
    const { target, bigQuery } = this.dataset
    const address = `${bigQuery.apiEndpoint}/upload/bigquery/v2/projects/${target.project}/jobs?uploadType=resumable`
    const headers = await this.headers(address)
    headers.set('content-type', 'application/json')
    headers.set('x-upload-content-type', 'application/octet-stream')
    const body = JSON.stringify(this.job(request))
    const answer = await this.send(address, { method: 'POST', headers, body, signal })
    if (answer === null) return null
    const session = answer.headers.get('location')
    if (session !== null) return session
    throw new StreamsError('BIGQUERY_UPLOAD', 'retry', 'BigQuery has opened no upload', { topic: request.table })
  }

  private job({ id, table, fields }: LoadRequest): object {
    const { project: projectId, dataset: datasetId, location } = this.dataset.target
    return {
      jobReference: { projectId, jobId: id, location },
      configuration: {
        load: {
          destinationTable: { projectId, datasetId, tableId: table },
          sourceFormat: 'PARQUET',
          createDisposition: 'CREATE_NEVER',
          writeDisposition: 'WRITE_APPEND',
          // Without it BigQuery takes each column of the file for one that may be null, and refuses it for one that may not.
          schema: { fields },
          // Without it a REPEATED column stays empty.
          parquetOptions: { enableListInference: true },
        },
      },
    }
  }

  private async headers(address: string): Promise<Headers> {
    return new Headers(await this.dataset.bigQuery.authClient.getRequestHeaders(address))
  }

  /** The answer; null for "it is there already". @throws what `restError` understands. */
  private async send(address: string, request: RequestInit): Promise<Response | null> {
    const answer = await fetch(address, request)
    if (answer.ok) {
      await answer.arrayBuffer()
      return answer
    }
    const text = await answer.text()
    if (answer.status === 409) return null
    throw Object.assign(new Error(`HTTP ${answer.status}`), { code: answer.status, errors: errorsOf(text) })
  }
}

function errorsOf(text: string): readonly { readonly reason?: string }[] {
  try {
    const { error } = JSON.parse(text) as { error?: { errors?: readonly { readonly reason?: string }[] } }
    return error?.errors ?? []
  } catch {
    return []
  }
}
