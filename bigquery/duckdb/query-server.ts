import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ArchiveFile } from './archive-file.ts'
import type { ErasedAccount } from './erase-rows.ts'
import { QueryRefused } from './query-refused.ts'
import { answerQuery } from './read-only-query.ts'

/** Questions under way at a time: they share the archive's memory. */
const QUERIES_MAX = 4
const SQL_BYTES_MAX = 64 * 1024
const TIMEOUT_MAX_MS = 600_000
const DEFAULT_TIMEOUT_MS = 60_000

/** Erases an account from the archive, by the process that has it open; resolves to the rows that were changed. */
export type EraseAccount = (account: ErasedAccount) => Promise<number>

/**
 * Answers other processes, who cannot open the file while this one has it: `POST /query`, and `POST /erase` (SPEC B4), on a Unix socket
 * that the owner's user alone may use. The answer is a JSON value a line: `columns`, then `rows` again and again, then `done` or
 * `failure`. Who goes away cancels.
 */
export class QueryServer {
  private readonly server: Server
  private readonly path: string
  private running = 0
  private file: ArchiveFile | null = null
  private readonly erase: EraseAccount

  private constructor(path: string, erase: EraseAccount) {
    this.path = path
    this.erase = erase
    this.server = createServer((request, response) => {
      void this.respond(request, response)
    })
  }

  /** Takes over the socket of whoever had the archive before: the file's lock says that nobody has it now. */
  static async listen(path: string, erase: EraseAccount): Promise<QueryServer> {
    rmSync(path, { force: true })
    const queries = new QueryServer(path, erase)
    await new Promise<void>((resolve, reject) => {
      queries.server.once('error', reject)
      queries.server.listen(path, resolve)
    })
    chmodSync(path, 0o600)
    queries.server.unref()
    return queries
  }

  /** The file to ask from now on; null while there is none. */
  ask(file: ArchiveFile | null): void {
    this.file = file
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
      rmSync(this.path, { force: true })
    })
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = (value: object) => response.write(`${JSON.stringify(value)}\n`)
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    try {
      if (request.url === '/erase') {
        line({ done: await this.erase(await readErasure(request)) })
      } else {
        const { sql, timeoutMs } = await readQuestion(request)
        await this.answer(sql, timeoutMs, response, line)
      }
    } catch (error) {
      const failure = error instanceof QueryRefused ? error.failure : 'FAILED'
      line({ failure, message: (error as Error).message })
    }
    response.end()
  }

  private async answer(sql: string, timeoutMs: number, response: ServerResponse, line: (value: object) => boolean) {
    const { file } = this
    if (file === null) throw new QueryRefused('FAILED', 'the archive cannot be read now; `sluice up` says why')
    if (this.running >= QUERIES_MAX)
      throw new QueryRefused('REFUSED', `${QUERIES_MAX} queries are under way; ask again`)
    this.running++
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const connection = await file.connect()
    try {
      const rows = await answerQuery(
        connection,
        sql,
        { timeoutMs, signal: gone.signal },
        {
          onColumns: (names, types) => void line({ columns: names, types }),
          onRows: (some) => (line({ rows: some }) ? undefined : drained(response, gone.signal)),
        },
      )
      line({ done: rows })
    } finally {
      this.running--
      file.disconnect(connection)
    }
  }
}

async function readQuestion(request: IncomingMessage): Promise<{ sql: string; timeoutMs: number }> {
  if (Number(request.headers['content-length']) > SQL_BYTES_MAX)
    throw new QueryRefused('REFUSED', 'the query is too long')
  const body: { readonly sql?: unknown; readonly timeoutMs?: unknown } = JSON.parse(await text(request))
  const { sql, timeoutMs = DEFAULT_TIMEOUT_MS } = body
  if (typeof sql !== 'string' || typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= TIMEOUT_MAX_MS)) {
    throw new QueryRefused('REFUSED', `a query is {"sql": text, "timeoutMs": 1 to ${TIMEOUT_MAX_MS}}`)
  }
  return { sql, timeoutMs }
}

async function readErasure(request: IncomingMessage): Promise<ErasedAccount> {
  if (Number(request.headers['content-length']) > SQL_BYTES_MAX) throw new QueryRefused('REFUSED', 'that is too long')
  const { accountId, subject, ends } = JSON.parse(await text(request)) as Partial<ErasedAccount>
  if (typeof accountId === 'string' && typeof subject === 'string' && ends?.every(isOfTopic)) {
    return { accountId, subject, ends }
  }
  throw new QueryRefused('REFUSED', 'an erasure is {"accountId": text, "subject": text, "ends": those of topics}')
}

/** Resolves when the reader has taken what was written, or has gone. */
function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve)
    gone.addEventListener('abort', () => resolve(), { once: true })
  })
}

function isOfTopic({ topic, ends }: ErasedAccount['ends'][number]): boolean {
  return typeof topic === 'string' && Array.isArray(ends) && ends.every(Number.isSafeInteger)
}
