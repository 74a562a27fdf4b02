import { protos, v1 } from '@google-cloud/bigquery-storage'
import { grpc } from 'google-gax'
import { type BigQueryTarget, logIn } from '../bigquery-target.ts'
import { type AppendAnswer, type AppendCall, AppendChannel } from './append-channel.ts'
import type { RowShape } from './row-shape.ts'
import { callError, judge, type StorageStatus } from './storage-errors.ts'

const { StorageError } = protos.google.cloud.bigquery.storage.v1

/** A new write stream; its time is BigQuery's own, to the second, as it is compared with that of its table. */
export interface MadeStream {
  readonly streamId: string
  readonly madeMs: number
}

/** Write streams of the tables of one dataset. Each is made, filled and closed by one owner; the library never asks twice. */
export class StorageClient {
  private readonly target: BigQueryTarget
  private readonly client: v1.BigQueryWriteClient

  constructor(target: BigQueryTarget) {
    this.target = target
    this.client = new v1.BigQueryWriteClient({
      projectId: target.project,
      // BigQuery bears pings; other servers end a connection that they come over.
      ...(target.standIn === null
        ? { 'grpc.keepalive_time_ms': KEEPALIVE_MS, 'grpc.keepalive_timeout_ms': target.timeoutMs }
        : addressOf(target.standIn.storage)),
      ...logIn(target),
    })
  }

  /** Makes a stream whose rows are in the table as soon as they are acknowledged. @throws StreamsError */
  async createStream(table: string): Promise<MadeStream> {
    const request = { parent: this.tablePath(table), writeStream: { type: 'COMMITTED' as const } }
    const [stream] = await this.ask(table, () => this.client.createWriteStream(request, this.callOptions()))
    const streamId = (stream.name ?? '').slice(`${this.tablePath(table)}/streams/`.length)
    return { streamId, madeMs: Number(stream.createTime?.seconds ?? 0) * 1_000 }
  }

  /**
   * Closes a stream for everybody and gives the number of its rows, the same however often it is asked; null for a stream
   * that BigQuery does not know, or no longer. @throws StreamsError
   */
  async finalizeStream(table: string, streamId: string): Promise<number | null> {
    const name = this.streamPath(table, streamId)
    try {
      const [{ rowCount }] = await this.client.finalizeWriteStream({ name }, this.callOptions())
      return Number(rowCount ?? 0)
    } catch (error) {
      const judged = judge(statusOf(error as ServiceError))
      if (judged.code === 'BIGQUERY_NOT_FOUND' || judged.code === 'BIGQUERY_STREAM_NOT_FOUND') return null
      throw callError(judged, { topic: table })
    }
  }

  /** A connection of a stream; `shape` tells how its rows are encoded. */
  openChannel(table: string, streamId: string, shape: RowShape): AppendChannel {
    const name = this.streamPath(table, streamId)
    const headers = { 'x-goog-request-params': `write_stream=${name}` }
    const call = this.client.appendRows({ otherArgs: { headers } })
    return new AppendChannel(new GrpcAppendCall(call, name, shape), table, this.target.timeoutMs)
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  private async ask<T>(table: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw callError(judge(statusOf(error as ServiceError)), { topic: table })
    }
  }

  private tablePath(table: string): string {
    const { project, dataset } = this.target
    return `projects/${project}/datasets/${dataset}/tables/${table}`
  }

  private streamPath(table: string, streamId: string): string {
    return `${this.tablePath(table)}/streams/${streamId}`
  }

  /** `retry: null` switches the library's own repetitions off. */
  private callOptions(): { timeout: number; retry: null } {
    return { timeout: this.target.timeoutMs, retry: null }
  }
}

const KEEPALIVE_MS = 30_000

/** Of a stand-in: gRPC without TLS. */
function addressOf(hostPort: string) {
  const colon = hostPort.lastIndexOf(':')
  return {
    apiEndpoint: hostPort.slice(0, colon),
    port: Number(hostPort.slice(colon + 1)),
    sslCreds: grpc.credentials.createInsecure(),
  }
}

type BidirectionalCall = ReturnType<v1.BigQueryWriteClient['appendRows']>
type AppendRowsResponse = protos.google.cloud.bigquery.storage.v1.IAppendRowsResponse

/** AppendRows as the library has it. */
class GrpcAppendCall implements AppendCall {
  private readonly call: BidirectionalCall
  private readonly name: string
  private shape: RowShape | null

  constructor(call: BidirectionalCall, name: string, shape: RowShape) {
    this.call = call
    this.name = name
    this.shape = shape
  }

  write(offset: number, rows: readonly Uint8Array[]): void {
    const first = this.shape === null ? {} : { writerSchema: { protoDescriptor: this.shape } }
    this.shape = null
    this.call.write({
      writeStream: this.name,
      offset: { value: offset },
      protoRows: { ...first, rows: { serializedRows: rows } },
    })
  }

  onAnswer(answered: (answer: AppendAnswer) => void): void {
    this.call.on('data', (response: AppendRowsResponse) => {
      const { error, rowErrors } = response
      answered({ error: error ?? null, storageError: storageErrorOf(error?.details ?? []), rowErrors: rowErrors ?? [] })
    })
  }

  onEnd(ended: (status: StorageStatus | null) => void): void {
    this.call.on('error', (error: ServiceError) => ended(statusOf(error)))
    this.call.on('end', () => ended(null))
    this.call.on('close', () => ended(null))
  }

  close(): void {
    this.call.cancel()
  }
}

/** An error of gRPC as the library throws it. */
interface ServiceError extends Error {
  readonly code?: number
  readonly metadata?: { get(name: string): readonly unknown[] }
}

function statusOf({ code, message, metadata }: ServiceError): StorageStatus {
  return { status: code ?? UNKNOWN, storageError: storageErrorOf(detailsOf(metadata)), message }
}

const UNKNOWN = 2
const DETAILS = 'grpc-status-details-bin'

interface Detail {
  readonly type_url?: string | null
  readonly value?: unknown
}

function detailsOf(metadata: ServiceError['metadata']): readonly Detail[] {
  const [details] = metadata?.get(DETAILS) ?? []
  if (!(details instanceof Uint8Array)) return []
  return protos.google.rpc.Status.decode(details).details
}

/** The code that the service puts into an error's details; 0 for none. */
function storageErrorOf(details: readonly Detail[]): number {
  const detail = details.find(({ type_url }) => type_url?.endsWith('/google.cloud.bigquery.storage.v1.StorageError'))
  if (!(detail?.value instanceof Uint8Array)) return 0
  return StorageError.decode(detail.value).code as number
}
