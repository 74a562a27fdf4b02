import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import { ByteSink } from '../../schemas/avro/byte-sink.ts'
import type { Resolver } from '../../schemas/avro/resolver.ts'
import { OK } from '../../schemas/avro/scan.ts'
import { SchemaError } from '../../schemas/avro/schema.ts'
import { RegistryUnreachableError, type SchemaRegistry } from '../../schemas/registry.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { readableVersions } from '../../schemas/versions.ts'
import { type ErrorPlace, StreamsError } from '../../streams/errors.ts'
import type { machineTime } from '../../streams/machine/machine-time.ts'
import type { AskSchemaVersion, Rewrite, SchemaVersion } from '../../streams/task/schema-version.ts'
import { registryBackoff } from './schema-ids.ts'

/**
 * Asks the registry what a schema id of the input is that this build was not made with (SPEC R2, X5): another version of a
 * payment or control record is rewritten for our readers; what the registry does not know of the input's subjects is poison.
 * The answer that nobody can tell comes after a pause, so that whoever asks again at once does not ask too often.
 */
export function askRegistry(
  registry: SchemaRegistry,
  ids: Pick<SchemaIds, 'payment' | 'control'>,
  clock: Pick<typeof machineTime, 'wait'>,
): AskSchemaVersion {
  const backoff = registryBackoff()
  const out = new ByteSink()
  return async (schemaId, place) => {
    try {
      const version = await readAs(schemaId)
      backoff.succeeded()
      return version
    } catch (error) {
      if (error instanceof RegistryUnreachableError) await clock.wait(backoff.failedMs())
      throw whatNext(error as Error, schemaId, place)
    }
  }

  async function readAs(schemaId: number): Promise<SchemaVersion | null> {
    const entry = await registry.byId(schemaId)
    if (entry === undefined) return null
    const version = readableVersions(TOPICS.paymentsSubmitted, [entry]).get(schemaId)
    if (version === undefined) return null
    const { record, resolver } = version
    return {
      readAs: record === 'ControlRecord' ? ids.control : ids.payment,
      rewrite: resolver === null ? null : rewriting(resolver, out),
    }
  }
}

function rewriting(resolver: Resolver, out: ByteSink): Rewrite {
  return (bytes, view, at, end) => {
    out.clear()
    const code = resolver(bytes, view, at, end, out)
    return code === OK ? out.bytes.subarray(0, out.length) : code
  }
}

function whatNext(error: Error, schemaId: number, place: ErrorPlace): StreamsError {
  const what = `a record has schema id ${schemaId}`
  if (error instanceof RegistryUnreachableError) {
    const message = `${what}, and ${error.message}; the partition waits and asks again`
    return new StreamsError('REGISTRY_UNREACHABLE', 'retry', message, place, error)
  }
  const remedy = error instanceof SchemaError ? 'start a build whose schemas can read it' : 'let it answer, then start'
  return new StreamsError('SCHEMA_UNREADABLE', 'stop', `${what}: ${error.message}; ${remedy} again`, place, error)
}
