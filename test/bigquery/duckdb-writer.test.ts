import * as duckdb from './duckdb-target.ts'
import { writerConformance } from './writer-conformance.ts'

writerConformance('DuckDB', duckdb)
