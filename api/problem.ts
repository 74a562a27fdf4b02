/** Headers that an answer has beside those that every answer has. */
export type AnswerHeaders = Readonly<Record<string, string>>

/**
 * An error answer (SPEC C1): problem+json (RFC 9457) with the seed's `error` and `details` as extra members. Its texts name fields and
 * rules, never a value.
 */
export class ApiProblem extends Error {
  readonly status: number
  /** Stable, for programs; also the reason in the audit event. */
  readonly code: string
  /** For people: what happened, as the seed writes it. */
  readonly error: string
  readonly details: string
  readonly headers: AnswerHeaders
  /** Further members of the body. */
  readonly members: Readonly<Record<string, number>>

  constructor(
    status: number,
    code: string,
    error: string,
    details: string,
    { headers = {}, members = {} }: { headers?: AnswerHeaders; members?: Readonly<Record<string, number>> } = {},
  ) {
    // Where in our code a refusal was thrown tells nobody anything, and finding out takes longer than refusing.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(`${error}: ${details}`)
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'ApiProblem'
    this.status = status
    this.code = code
    this.error = error
    this.details = details
    this.headers = headers
    this.members = members
  }

  /** The body, JSON. */
  get body(): string {
    const { status, code, error, details, members } = this
    const type = `urn:sluice:problem:${code.toLowerCase().replaceAll('_', '-')}`
    return `${JSON.stringify({ type, title: error, status, detail: details, code, error, details, ...members })}\n`
  }
}

/** The stream, or a part beside it, cannot answer now: the same call again, later, gets the result (SPEC C2). */
export function unavailable(code: string, details: string): ApiProblem {
  return new ApiProblem(503, code, 'Service unavailable', details, { headers: { 'retry-after': '1' } })
}
