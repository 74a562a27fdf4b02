import { protos } from '@google-cloud/bigquery-storage'
import { grpc } from 'google-gax'
import type { AnyRow } from '../../../bigquery/schema/tables.ts'
import { type DoubleFault, type DoubleFaults, STATUS_OF } from './double-faults.ts'
import { type DoubleTables, RowDecoder } from './double-tables.ts'

const { v1 } = protos.google.cloud.bigquery.storage
const { StorageErrorCode } = v1.StorageError
const SERVICE = '/google.cloud.bigquery.storage.v1.BigQueryWrite'
type Append = grpc.ServerDuplexStream<
  protos.google.cloud.bigquery.storage.v1.AppendRowsRequest,
  protos.google.cloud.bigquery.storage.v1.IAppendRowsResponse
>
type Codec<T> = { encode(message: T): { finish(): Uint8Array }; decode(bytes: Uint8Array): T }

/** The Storage Write API over the tables of the double, as the documentation of its protobuf files has it. */
export class DoubleStorage {
  /** What a table says of a row that it does not take; null for one that it does. */
  refuses: (table: string, row: AnyRow) => string | null = () => null
  /** Whether it tells which rows it refuses. */
  tellsRows = true
  appends = 0
  private readonly tables: DoubleTables
  private readonly faults: DoubleFaults
  private readonly server = new grpc.Server()

  constructor(tables: DoubleTables, faults: DoubleFaults) {
    this.tables = tables
    this.faults = faults
    this.server.addService(
      {
        createWriteStream: method('CreateWriteStream', v1.CreateWriteStreamRequest, v1.WriteStream, false),
        finalizeWriteStream: method(
          'FinalizeWriteStream',
          v1.FinalizeWriteStreamRequest,
          v1.FinalizeWriteStreamResponse,
          false,
        ),
        appendRows: method('AppendRows', v1.AppendRowsRequest, v1.AppendRowsResponse, true),
      },
      {
        createWriteStream: this.unary((request) => this.createWriteStream(request)),
        finalizeWriteStream: this.unary((request) => this.finalizeWriteStream(request)),
        appendRows: (call: Append) => this.appendRows(call),
      },
    )
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port)
        else reject(error)
      })
    })
  }

  stop(): void {
    this.server.forceShutdown()
  }

  private unary(answer: (request: { parent?: string; name?: string }) => object) {
    return (
      call: grpc.ServerUnaryCall<{ parent?: string; name?: string }, object>,
      callback: grpc.sendUnaryData<object>,
    ) => {
      const { request } = call
      const fault = this.faults.meet({
        method: request.parent === undefined ? 'FinalizeWriteStream' : 'CreateWriteStream',
        on: tableOf(request.parent ?? request.name ?? ''),
      })
      if (fault === 'cut') return callback({ code: grpc.status.UNAVAILABLE, details: 'cut' })
      const refusal = refusalOf(fault)
      if (refusal !== null) return callback(refusal)
      try {
        const answered = answer(request)
        if (fault === 'unanswered') callback({ code: grpc.status.UNAVAILABLE, details: 'cut' })
        else if (fault === null) callback(null, answered)
      } catch (error) {
        callback(error as grpc.ServiceError)
      }
    }
  }

  private createWriteStream({ parent = '' }: { parent?: string }): object {
    const table = this.tables.table(datasetOf(parent), tableOf(parent))
    if (table === null) throw statusError(grpc.status.NOT_FOUND, `no table ${parent}`, StorageErrorCode.TABLE_NOT_FOUND)
    return { name: this.tables.openStream(parent, table), createTime: { seconds: Math.floor(Date.now() / 1_000) } }
  }

  private finalizeWriteStream({ name = '' }: { name?: string }): object {
    const stream = this.tables.streams.get(name)
    if (stream === undefined) throw statusError(grpc.status.NOT_FOUND, 'no stream', StorageErrorCode.STREAM_NOT_FOUND)
    stream.finalized = true
    return { rowCount: stream.rowCount }
  }

  private appendRows(call: Append): void {
    let decoder: RowDecoder | null = null
    let streamName = ''
    call.on('error', () => {})
    call.on('end', () => call.end())
    call.on('data', (request: protos.google.cloud.bigquery.storage.v1.AppendRowsRequest) => {
      streamName = request.writeStream || streamName
      const table = tableOf(streamName)
      const fault = this.faults.meet({ method: 'AppendRows', on: table })
      if (fault === 'cut') {
        call.emit('error', statusError(grpc.status.UNAVAILABLE, 'cut'))
        return
      }
      const refusal = refusalOf(fault)
      if (refusal !== null) {
        call.write({ error: { code: refusal.code, message: refusal.details } })
        return
      }
      const shape = request.protoRows?.writerSchema?.protoDescriptor
      if (shape) decoder = new RowDecoder(table, shape)
      const answer = this.append(streamName, request, decoder)
      if (fault === 'unanswered') call.emit('error', statusError(grpc.status.UNAVAILABLE, 'cut'))
      else if (fault === null) call.write(answer)
    })
  }

  private append(
    name: string,
    request: protos.google.cloud.bigquery.storage.v1.AppendRowsRequest,
    decoder: RowDecoder | null,
  ): protos.google.cloud.bigquery.storage.v1.IAppendRowsResponse {
    const { status } = grpc
    const stream = this.tables.streams.get(name)
    if (stream === undefined) return refused(status.NOT_FOUND, 'no stream', StorageErrorCode.STREAM_NOT_FOUND)
    if (stream.finalized) return refused(status.FAILED_PRECONDITION, 'closed', StorageErrorCode.STREAM_FINALIZED)
    const standing = new Set(stream.table.resource.schema.fields.map((field) => field.name))
    if (decoder === null || decoder.columns.some((column) => !standing.has(column))) {
      return refused(status.INVALID_ARGUMENT, 'extra fields', StorageErrorCode.SCHEMA_MISMATCH_EXTRA_FIELDS)
    }
    const offset = Number(request.offset?.value ?? stream.rowCount)
    if (offset < stream.rowCount) return refused(status.ALREADY_EXISTS, 'there', StorageErrorCode.OFFSET_ALREADY_EXISTS)
    if (offset > stream.rowCount) return refused(status.OUT_OF_RANGE, 'gap', StorageErrorCode.OFFSET_OUT_OF_RANGE)
    const rows = (request.protoRows?.rows?.serializedRows ?? []).map((bytes) => decoder.decode(bytes))
    const rowErrors = rows.flatMap((row, index) => {
      const message = this.refuses(stream.table.name, row)
      return message === null ? [] : [{ index, code: 'FIELDS_ERROR' as const, message }]
    })
    if (rowErrors.length > 0) {
      return { ...refused(status.INVALID_ARGUMENT, 'rows', 0), ...(this.tellsRows && { rowErrors }) }
    }
    stream.table.rows.push(...rows)
    stream.rowCount += rows.length
    this.appends++
    return { appendResult: { offset: { value: offset } } }
  }
}

function method<Q, A>(name: string, request: unknown, answer: unknown, streams: boolean): grpc.MethodDefinition<Q, A> {
  const [asked, answered] = [request as Codec<Q>, answer as Codec<A>]
  return {
    path: `${SERVICE}/${name}`,
    requestStream: streams,
    responseStream: streams,
    requestSerialize: (message) => Buffer.from(asked.encode(message).finish()),
    requestDeserialize: (bytes) => asked.decode(bytes),
    responseSerialize: (message) => Buffer.from(answered.encode(message).finish()),
    responseDeserialize: (bytes) => answered.decode(bytes),
  }
}

function refusalOf(fault: DoubleFault | null): { code: number; details: string } | null {
  if (fault === null || !(fault in STATUS_OF)) return null
  return { code: STATUS_OF[fault as keyof typeof STATUS_OF].grpc, details: fault }
}

function detailOf(code: number) {
  const value = v1.StorageError.encode(v1.StorageError.create({ code })).finish()
  return { type_url: 'type.googleapis.com/google.cloud.bigquery.storage.v1.StorageError', value }
}

function refused(code: number, message: string, storageError: number) {
  return { error: { code, message, details: storageError === 0 ? [] : [detailOf(storageError)] } }
}

function statusError(code: number, details: string, storageError = 0): grpc.ServiceError {
  const metadata = new grpc.Metadata()
  if (storageError !== 0) {
    const status = { code, message: details, details: [detailOf(storageError)] }
    metadata.set('grpc-status-details-bin', Buffer.from(protos.google.rpc.Status.encode(status).finish()))
  }
  return Object.assign(new Error(details), { code, details, metadata })
}

/** Of `projects/p/datasets/d/tables/t/...`. */
function datasetOf(path: string): string {
  return path.split('/')[3] ?? ''
}

function tableOf(path: string): string {
  return path.split('/')[5] ?? ''
}
