import { request } from 'node:http'
import { createInterface } from 'node:readline'
import type { ErasedAccount } from './duckdb/erase-rows.ts'

/** A line of an answer. */
export interface AnswerLine {
  readonly columns?: readonly string[]
  readonly types?: readonly string[]
  readonly rows?: readonly (readonly unknown[])[]
  readonly done?: number
  readonly failure?: string
  readonly message?: string
}

/** Nobody listens there: no process has the archive open. */
export class NobodyAnswers extends Error {}

export interface Question {
  readonly sql: string
  readonly timeoutMs: number
}

/** Asks the process that has the archive open; ending early cancels the query. @throws NobodyAnswers */
export function askOwner(socketPath: string, question: Question, signal: AbortSignal): AsyncGenerator<AnswerLine> {
  return linesOf(socketPath, '/query', question, signal)
}

/** Has the process that has the archive open erase an account (SPEC B4). Its answer is one line. @throws NobodyAnswers */
export function askOwnerToErase(
  socketPath: string,
  account: ErasedAccount,
  signal: AbortSignal,
): AsyncGenerator<AnswerLine> {
  return linesOf(socketPath, '/erase', account, signal)
}

async function* linesOf(
  socketPath: string,
  path: '/query' | '/erase',
  asking: object,
  signal: AbortSignal,
): AsyncGenerator<AnswerLine> {
  const body = JSON.stringify(asking)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const asked = request({ socketPath, path, method: 'POST', headers, signal })
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve)
    asked.once('error', (error: NodeJS.ErrnoException) => {
      const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
      reject(nobody ? new NobodyAnswers(error.message) : error)
    })
    asked.end(body)
  })
  try {
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield JSON.parse(line) as AnswerLine
    }
  } finally {
    response.destroy()
  }
}
