import { compileResolver, type Resolver } from './avro/resolver.ts'
import { parseSchema, SchemaError } from './avro/schema.ts'
import { SCHEMAS } from './generated/schemas.ts'
import { type RegisteredSchema, schemaIdentity } from './registry.ts'
import { subjectOf, type Topic } from './topics.ts'

/** How to read the values that carry one schema id. */
export interface ReadableVersion {
  readonly id: number
  /** The record's name without its namespace, as in `SCHEMAS`. */
  readonly record: RecordName
  /** `null` when our reader takes the bytes as they stand; otherwise rewrites them first. */
  readonly resolver: Resolver | null
}

export type RecordName = keyof typeof SCHEMAS

/**
 * The registered versions of a topic's values by schema id; any other id on it is poison. Throws a SchemaError, which
 * stops the start, when one of them cannot be read by the schemas of this build.
 */
export function readableVersions(
  topic: Topic,
  registered: readonly RegisteredSchema[],
): ReadonlyMap<number, ReadableVersion> {
  const versions = new Map<number, ReadableVersion>()
  for (const fullName of topic.values) {
    const record = fullName.slice(fullName.lastIndexOf('.') + 1) as RecordName
    for (const entry of registered.filter(({ subject }) => subject === subjectOf(topic.name, fullName))) {
      versions.set(entry.id, { id: entry.id, record, resolver: resolverFor(entry, JSON.parse(SCHEMAS[record])) })
    }
  }
  return versions
}

function resolverFor(entry: RegisteredSchema, ours: unknown): Resolver | null {
  if (schemaIdentity(entry.schema) === schemaIdentity(ours)) return null
  try {
    return compileResolver(parseSchema(entry.schema), parseSchema(ours))
  } catch (error) {
    throw new SchemaError(`${entry.subject} version ${entry.version} (id ${entry.id}): ${(error as Error).message}`)
  }
}
