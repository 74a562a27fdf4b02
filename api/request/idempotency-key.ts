import { IDEMPOTENCY_KEY } from '../../schemas/confirm-api.ts'
import { ApiProblem } from '../problem.ts'

/** A structured field's string (RFC 8941), as the IETF draft writes the header. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/

/**
 * The key of a call (SPEC C3): from the `Idempotency-Key` header, quoted as the IETF draft has it or bare, or from the body; where both
 * have one they agree.
 * @throws ApiProblem 400
 */
export function idempotencyKey(header: string | undefined, inBody: string | undefined): string {
  const inHeader = header === undefined ? undefined : headerKey(header)
  const key = inHeader ?? inBody
  if (key === undefined) {
    throw new ApiProblem(
      400,
      'MISSING_FIELD',
      'Missing field: idempotency_key',
      'in the body, or as Idempotency-Key header',
    )
  }
  if (inHeader !== undefined && inBody !== undefined && inHeader !== inBody) {
    throw badKey('the header and the body have different keys')
  }
  if (!IDEMPOTENCY_KEY.test(key)) throw badKey('1 to 255 visible ASCII characters')
  return key
}

function headerKey(header: string): string {
  const text = header.trim()
  if (!text.startsWith('"')) return text
  const [, quoted] = QUOTED.exec(text) ?? []
  if (quoted === undefined) throw badKey('the header is not one quoted string')
  return quoted.replace(/\\(["\\])/g, '$1')
}

function badKey(details: string): ApiProblem {
  return new ApiProblem(400, 'BAD_ID', 'Malformed field: idempotency_key', details)
}
