/**
 * A view of the archive, written once for each dialect: a translation gives other results in silence (`TIMESTAMP_DIFF`,
 * `REGEXP_CONTAINS`, days of the week), and these are few. One fixture holds both to the same rows.
 */
export interface View {
  readonly name: string
  /** The question that it answers. */
  readonly question: string
  /** The SELECT for BigQuery; `t` names a table of the data set, quoted. */
  readonly bigquery: (t: (table: string) => string) => string
  /** The SELECT for DuckDB. */
  readonly duckdb: string
}

/** `CREATE OR REPLACE VIEW` for BigQuery. */
export function bigqueryView(dataset: string, { name, question, bigquery }: View): string {
  const t = (table: string) => `\`${dataset}.${table}\``
  return `CREATE OR REPLACE VIEW ${t(name)} OPTIONS(description=${JSON.stringify(question)}) AS\n${bigquery(t)}`
}

/** `CREATE OR REPLACE VIEW` for DuckDB. */
export function duckdbView({ name, duckdb }: View): string {
  return `CREATE OR REPLACE VIEW ${name} AS\n${duckdb}`
}
