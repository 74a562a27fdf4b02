/** How long a log may keep a record of a topic once it is appended. */
export interface RecordLifetime {
  readonly topic: string
  /** Null where nothing bounds it. */
  readonly keptMs: number | null
}
