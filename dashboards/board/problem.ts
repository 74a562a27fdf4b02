import type { FastifyReply } from 'fastify'

/** An answer that is no success, as RFC 9457 has it. */
export class Problem extends Error {
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Login needed',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Not JSON',
  421: 'Misdirected request',
  503: 'Not now',
}

/** Sends problem+json. What is our own fault says no more than that. */
export function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const title = TITLES[status] ?? (status < 500 ? 'Bad request' : 'Failed')
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail }))
}
