import type { ArchiveWriter } from '../../bigquery/archive-writer.ts'
import type { AnyRow, TableName } from '../../bigquery/schema/tables.ts'

/**
 * What a module exports whose writer is held against the contract. `settings` name one archive, in any process: a child
 * opens the same archive by them that its parent has made.
 */
export interface WriterModule {
  /** The module's own file, for the child to import. */
  readonly path: string
  /** Settings of a new, empty archive; `root` is a folder that goes after the tests. */
  create(root: string): Promise<string>
  openWriter(settings: string): Promise<ArchiveWriter>
  /** Every row of every table, in any order. The archive has no writer meanwhile. */
  readRows(settings: string): Promise<ReadonlyMap<TableName, readonly AnyRow[]>>
}
