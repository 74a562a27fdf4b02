import { parseSchema } from './avro/schema.ts'

/** One version of a subject's schema; ids and versions are never given twice, and a version never changes. */
export interface RegisteredSchema {
  /** Stands in the frame of every record written with it. */
  readonly id: number
  /** `<topic>-<full record name>`. */
  readonly subject: string
  /** Counts from 1 within the subject. */
  readonly version: number
  /** The schema's JSON value. */
  readonly schema: unknown
}

/** What is asked of a registry, once at start and once per unknown id; never per record. */
export interface SchemaRegistry {
  /**
   * The id under which `subject` knows this schema. Rejects with a SchemaUnknownError when it does not. This and all
   * others reject with a RegistryUnreachableError when there is no answer.
   */
  idOf(subject: string, schema: unknown): Promise<number>
  /** The version with this id; `undefined` when the registry answers that there is none, which makes a record poison. */
  byId(id: number): Promise<RegisteredSchema | undefined>
  /** All versions of a subject, oldest first; empty when it is unknown. */
  versionsOf(subject: string): Promise<readonly RegisteredSchema[]>
}

/** The subject does not know the schema; register it (`schemas/check.ts --register`), then start again. */
export class SchemaUnknownError extends Error {
  override name = 'SchemaUnknownError'
}

/** There is no answer, which says nothing of any schema: pause, try again, alert (SPEC X5). */
export class RegistryUnreachableError extends Error {
  override name = 'RegistryUnreachableError'
}

/** The registry does not do what was asked, and another try would end the same. */
export class RegistryRefusedError extends Error {
  override name = 'RegistryRefusedError'
}

/** A registry over a list of versions, such as the one that `schemas/registry/` holds. */
export class ListedRegistry implements SchemaRegistry {
  readonly #entries: readonly RegisteredSchema[]

  constructor(entries: readonly RegisteredSchema[]) {
    this.#entries = [...entries].sort((a, b) => a.id - b.id)
  }

  async idOf(subject: string, schema: unknown): Promise<number> {
    const wanted = schemaIdentity(schema)
    const entry = this.#entries.find((other) => other.subject === subject && schemaIdentity(other.schema) === wanted)
    if (entry === undefined)
      throw new SchemaUnknownError(`${subject} has no version with this schema; register it first`)
    return entry.id
  }

  async byId(id: number): Promise<RegisteredSchema | undefined> {
    return this.#entries.find((entry) => entry.id === id)
  }

  async versionsOf(subject: string): Promise<readonly RegisteredSchema[]> {
    return this.#entries.filter((entry) => entry.subject === subject)
  }
}

/** A text that two schemas share exactly when they read and write alike: no docs, no logical types, full names. */
export function schemaIdentity(schema: unknown): string {
  const withoutDocs = (key: string, value: unknown): unknown => (key === 'doc' ? undefined : value)
  return JSON.stringify(parseSchema(schema), withoutDocs)
}
