import { JsonObjectError, type JsonScalar, readJsonObject } from '../../schemas/json-object.ts'
import { ApiProblem } from '../problem.ts'

/** What a body may weigh; more is refused before it is read. */
export const BODY_BYTES_MAX: number = 16 * 1024

/** Names that reach into an object's prototype where a parser is careless. */
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype'])
/** Sensitive authentication data (PCI DSS 3.3.1) under the names that people give it: never accepted, not even to be removed. */
const SENSITIVE_KEYS = /^(?:cvv2?|cvc2?|card_?verification.*|cid|pin|pin_?block|track_?[12]?(?:_?data)?)$/i

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The fields of a body, one flat JSON object: numbers keep their text, so that no amount ever becomes a float.
 * @throws ApiProblem 400 for what is no such object: a key that comes twice, nesting, a lone surrogate, a byte order mark.
 */
export function bodyFields(body: Uint8Array): ReadonlyMap<string, JsonScalar> {
  const fields = parsed(textOf(body))
  for (const key of fields.keys()) {
    if (PROTOTYPE_KEYS.has(key)) throw malformed('BAD_KEY', 'a key of the body is not allowed')
    if (SENSITIVE_KEYS.test(key)) {
      throw malformed(
        'SAD_NOT_ALLOWED',
        'card verification codes, PINs and track data are not taken here, in any field',
      )
    }
  }
  return fields
}

function textOf(body: Uint8Array): string {
  try {
    return decoder.decode(body)
  } catch {
    throw malformed('BAD_TEXT', 'the body is not valid UTF-8')
  }
}

function parsed(text: string): ReadonlyMap<string, JsonScalar> {
  try {
    return readJsonObject(text)
  } catch (error) {
    if (!(error instanceof JsonObjectError)) throw error
    throw malformed('BAD_JSON', `${error.field ?? 'the body'} ${error.message}`)
  }
}

function malformed(code: string, details: string): ApiProblem {
  return new ApiProblem(400, code, 'Malformed JSON', details)
}
