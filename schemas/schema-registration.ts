import type { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { RegistryRefusedError, RegistryUnreachableError } from './registry.ts'
import { ANSWER_WITHIN_MS, REFUSALS, type RegistryAddress } from './registry-request.ts'

type Middleware = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number]

/**
 * Registers a schema by Confluent's client of the kafkajs family and answers with its id; one that the subject has already keeps
 * its id. What can no longer read every version before it (BACKWARD_TRANSITIVE) is refused by the registry, now and from then on.
 *
 * The client waits without end and calls a cut connection a status of 400, so it is given a time-out, and 400 is "no answer".
 * @throws RegistryRefusedError when the registry finds it incompatible or wrong, or holds the subject to another rule.
 * @throws RegistryUnreachableError
 */
export async function registerSchema(address: RegistryAddress, subject: string, schema: unknown): Promise<number> {
  // It loads three schema languages, which nothing but a registration needs.
  const { COMPATIBILITY, SchemaRegistry: Client, SchemaType } = await import('@kafkajs/confluent-schema-registry')
  const { url: host, logIn: auth, answerWithinMs = ANSWER_WITHIN_MS } = address
  const client = new Client({ host, middlewares: [within(answerWithinMs)], ...(auth !== null && { auth }) })
  try {
    const registered = await client.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
      { subject, compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE },
    )
    return registered.id
  } catch (error) {
    throw meaningOf(error as Error & { readonly status?: number }, subject)
  }
}

function within(timeoutMs: number): Middleware {
  return () => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs }) })
}

function meaningOf({ name, message, status }: Error & { readonly status?: number }, subject: string): Error {
  const otherRule = name === 'ConfluentSchemaRegistryCompatibilityError'
  if (otherRule || (status !== undefined && REFUSALS.has(status))) {
    return new RegistryRefusedError(`the schema registry refuses to register ${subject}: ${message}`)
  }
  return new RegistryUnreachableError(`the schema registry cannot be reached (register ${subject}: ${message})`)
}
