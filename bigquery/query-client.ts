import { request } from 'node:http'
import { createInterface } from 'node:readline'

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
export async function* askOwner(
  socketPath: string,
  question: Question,
  signal: AbortSignal,
): AsyncGenerator<AnswerLine> {
  const body = JSON.stringify(question)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const asked = request({ socketPath, path: '/query', method: 'POST', headers, signal })
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
