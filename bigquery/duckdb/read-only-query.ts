import { type DuckDBConnection, type Json, StatementType } from '@duckdb/node-api'
import { jsonValue } from './json-value.ts'
import { type QueryFailure, QueryRefused } from './query-refused.ts'

export interface QueryLimits {
  /** A query that takes longer is cancelled, ms. */
  readonly timeoutMs: number
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** Told as the answer comes. A promise that it returns is awaited: a slow reader slows the query, nothing piles up. */
export interface QueryAnswer {
  readonly onColumns: (names: readonly string[], types: readonly string[]) => void | Promise<void>
  /** At most 2,048 rows at a time. */
  readonly onRows: (rows: readonly (readonly Json[])[]) => void | Promise<void>
}

/** What a question may begin with; DuckDB rewrites others, PRAGMA among them, into a SELECT before it tells their kind. */
const QUESTION =
  /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:\(|(?:select|with|from|values|table|describe|show|summarize|explain)(?!\w))/i

/** Functions that do something to the instance, or look past the archive, though a SELECT may call them. */
const ACTING =
  /^(?:force_checkpoint|checkpoint|enable_logging|disable_logging|set_log_\w+|write_log|truncate_duckdb_logs|enable_profil\w+|disable_profil\w+|duckdb_secrets|which_secret|read_\w+|glob|sniff_csv|parquet_\w+|query|query_table|json_execute_serialized_sql|pragma_\w+|nextval|setseed)$/i

/**
 * Answers one question in a read-only transaction. The file's settings keep it from other files and from settings; this keeps
 * it from everything else that is no question. @throws QueryRefused
 */
export async function answerQuery(
  connection: DuckDBConnection,
  sql: string,
  { timeoutMs, signal }: QueryLimits,
  { onColumns, onRows }: QueryAnswer,
): Promise<number> {
  let why: QueryFailure | null = null
  const cancel = (reason: QueryFailure) => () => {
    why ??= reason
    connection.interrupt()
  }
  const deadline = setTimeout(cancel('TIMED_OUT'), timeoutMs)
  const abandon = cancel('CANCELLED')
  signal.addEventListener('abort', abandon, { once: true })
  try {
    await requireQuestion(connection, sql)
    await connection.run('BEGIN TRANSACTION READ ONLY')
    const result = await connection.stream(sql)
    await onColumns(result.columnNames(), result.columnTypes().map(String))
    let rows = 0
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      if (why !== null) break
      rows += chunk.rowCount
      await onRows(chunk.convertRows(jsonValue))
    }
    if (why !== null) throw new QueryRefused(why, describe(why, timeoutMs))
    return rows
  } catch (error) {
    if (error instanceof QueryRefused) throw error
    if (why !== null) throw new QueryRefused(why, describe(why, timeoutMs))
    throw new QueryRefused('FAILED', (error as Error).message)
  } finally {
    clearTimeout(deadline)
    signal.removeEventListener('abort', abandon)
  }
}

async function requireQuestion(connection: DuckDBConnection, sql: string): Promise<void> {
  const refuse = (what: string) =>
    new QueryRefused('REFUSED', `${what}; the archive answers one SELECT at a time and changes nothing`)
  if (!QUESTION.test(sql)) throw refuse('this is no question')
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1) throw refuse(`these are ${statements.count} statements`)
  const called = await calledFunctions(connection, sql)
  if (called === null) throw refuse('this is no question')
  const acting = called.find((name) => ACTING.test(name))
  if (acting !== undefined) throw refuse(`${acting}() may not be called here`)
  const { statementType } = await statements.prepare(0)
  if (statementType !== StatementType.SELECT && statementType !== StatementType.EXPLAIN)
    throw refuse('this is no question')
}

/** The functions that a SELECT, or what stands behind EXPLAIN, calls, out of DuckDB's own parse of it; null when it is no SELECT. */
async function calledFunctions(connection: DuckDBConnection, sql: string): Promise<string[] | null> {
  const reader = await connection.runAndReadAll('SELECT json_serialize_sql(CAST(? AS VARCHAR))', [
    sql.replace(/^\s*explain\s+(?:analyze\s+)?/i, ''),
  ])
  const names: string[] = []
  const parsed: { readonly error: boolean } = JSON.parse(String(reader.getRows()[0]?.[0]), (key, value: unknown) => {
    if (key === 'function_name' && typeof value === 'string') names.push(value)
    return value
  })
  return parsed.error ? null : names
}

function describe(why: QueryFailure, timeoutMs: number): string {
  if (why === 'TIMED_OUT')
    return `the query took longer than ${timeoutMs / 1_000} s and was cancelled; narrow it, or raise --timeout`
  return 'the query was cancelled'
}
