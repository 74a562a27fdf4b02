import type { ErrorPlace } from '../errors.ts'

/** How the values of a schema id are read that the topology does not name. */
export interface SchemaVersion {
  /** The schema id of the record type whose reader takes them. */
  readonly readAs: number
  /** Null when that reader takes the bytes as they stand. */
  readonly rewrite: Rewrite | null
}

/**
 * Brings the value in [`at`, `end`) into the layout of a record type. Answers with the new bytes, which stay valid until the
 * next call, or with the code of why it cannot be read.
 */
export type Rewrite = (bytes: Uint8Array, view: DataView, at: number, end: number) => Uint8Array | number

/**
 * Says what a schema id is: null when nobody has given it, which makes its records poison (SPEC X5).
 * Rejects with a StreamsError: retry while nobody can tell, after a pause; stop when this program cannot read that version.
 */
export type AskSchemaVersion = (schemaId: number, place: ErrorPlace) => Promise<SchemaVersion | null>
