import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { incompatibilities } from './avro/compatibility.ts'
import { parseSchema } from './avro/schema.ts'
import { REGISTRY_FOLDER, registeredSchemas, writeEntry } from './local-registry.ts'
import { type RegisteredSchema, schemaIdentity } from './registry.ts'
import { subjectOf, TOPICS } from './topics.ts'

/** What a check found: the build fails on any problem; new versions wait for `--register`. */
export interface CheckResult {
  readonly problems: readonly string[]
  readonly unregistered: readonly RegisteredSchema[]
}

/** The subjects in the order in which their ids were first given. */
export const SUBJECTS: readonly { topic: string; record: string }[] = Object.values(TOPICS).flatMap(
  ({ name, values }) => values.map((record) => ({ topic: name, record })),
)

/** Holds each schema of `schemaFolder` against the versions that `registryFolder` knows of its subject. */
export function checkSchemas(schemaFolder: string, registryFolder: string): CheckResult {
  return compareSchemas(readSchemas(schemaFolder), registeredSchemas(registryFolder))
}

/**
 * Holds schemas, by full record name, against every registered version of their subjects (BACKWARD_TRANSITIVE): what was
 * ever written must stay readable. A schema without its version is a problem too, unless it is to be registered.
 */
export function compareSchemas(
  schemas: ReadonlyMap<string, unknown>,
  registered: readonly RegisteredSchema[],
): CheckResult {
  const problems: string[] = []
  const unregistered: RegisteredSchema[] = []
  let nextId = Math.max(0, ...registered.map(({ id }) => id)) + 1
  for (const { topic, record } of SUBJECTS) {
    const subject = subjectOf(topic, record)
    const schema = schemas.get(record)
    if (schema === undefined) {
      problems.push(`${subject}: no .avsc defines ${record}`)
      continue
    }
    const versions = registered.filter((entry) => entry.subject === subject)
    problems.push(...breaks(subject, schema, versions))
    if (versions.some((entry) => schemaIdentity(entry.schema) === schemaIdentity(schema))) continue
    unregistered.push({ id: nextId++, subject, version: versions.length + 1, schema })
  }
  return { problems, unregistered }
}

function breaks(subject: string, schema: unknown, versions: readonly RegisteredSchema[]): string[] {
  const reader = parseSchema(schema)
  return versions.flatMap((entry) =>
    incompatibilities(parseSchema(entry.schema), reader).map(
      ({ place, rule }) => `${subject}: ${place} ${rule} (version ${entry.version}, id ${entry.id})`,
    ),
  )
}

function readSchemas(folder: string): Map<string, unknown> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.avsc'))
  return new Map(
    files.map((file) => {
      const schema: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'))
      return [parseSchema(schema).name, schema]
    }),
  )
}

/** The command: 1 on a breaking edit, or on a new version when it is not told to register it. */
function main(register: boolean): number {
  const { problems, unregistered } = checkSchemas(import.meta.dirname, REGISTRY_FOLDER)
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  if (problems.length > 0) return 1
  for (const entry of unregistered) {
    const line = register
      ? `registered ${writeEntry(REGISTRY_FOLDER, entry)}`
      : `${entry.subject}: version ${entry.version} is compatible but not registered; run schemas/check.ts --register`
    process.stderr.write(`${line}\n`)
  }
  return unregistered.length > 0 && !register ? 1 : 0
}

if (import.meta.main) process.exitCode = main(process.argv.includes('--register'))
