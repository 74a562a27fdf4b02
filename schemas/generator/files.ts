import { type AvroRecord, parseSchema, SchemaError, shortName } from '../avro/schema.ts'
import { listLines } from './layout.ts'
import { kebab, scanName, symbolsName } from './naming.ts'
import { readerClass } from './reader.ts'
import { checkRuns, RUNS } from './runs.ts'
import { enumDeclaration, enumScan, partDeclaration, type SharedTypes, sharedTypes } from './shared.ts'
import { plainInterface, plainWriter, sourceWriter } from './writer.ts'

const BANNER = '// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.'

/** What every generated file may need, by module. */
const AVRO_EXPORTS: Readonly<Record<string, readonly string[]>> = {
  '../avro/array-cursor.ts': ['ArrayCursor', 'EnumCursor', 'NO_BYTES', 'NO_VIEW', 'StringCursor'],
  '../avro/byte-sink.ts': ['ByteSink', 'encoded'],
  '../avro/bytes.ts': [
    'afterLong',
    'copyBytes',
    'putDouble',
    'putLong',
    'readInt',
    'readLong',
    'readLongExact',
    'readText',
    'safeLong',
  ],
  '../avro/scan.ts': [
    'BAD_TYPE',
    'DecodeCode',
    'OK',
    'scanArray',
    'scanEnum',
    'scanInt',
    'scanLong',
    'scanString',
    'TRAILING',
    'TRUNCATED',
  ],
}

/**
 * The generated files by name, from the parsed JSON of each `.avsc` by file name; throws a SchemaError for a schema
 * outside the supported part, or for two definitions of one name that differ.
 */
export function generatedFiles(schemas: ReadonlyMap<string, unknown>): Map<string, string> {
  const records = [...schemas].map(([file, json]) => {
    try {
      return parseSchema(json)
    } catch (error) {
      throw new SchemaError(`${file}: ${(error as Error).message}`)
    }
  })
  checkRuns(new Map(records.map((record) => [shortName(record.name), record])), RUNS)
  const shared = sharedTypes(records)
  const files = new Map<string, string>()
  files.set('enums.ts', text([BANNER], shared.enums.map(enumDeclaration)))
  files.set('parts.ts', partsFile(shared))
  for (const record of records) files.set(`${kebab(shortName(record.name))}.ts`, recordFile(record, shared))
  files.set('schemas.ts', schemasFile([...schemas.values()], records))
  return files
}

function recordFile(record: AvroRecord, shared: SharedTypes): string {
  const body = [plainInterface(record), readerClass(record), sourceWriter(record), plainWriter(record)]
  return withImports(body, shared, true)
}

function partsFile(shared: SharedTypes): string {
  const body = [...shared.scannedEnums.map(enumScan), ...shared.parts.map(partDeclaration)]
  return withImports(body, shared, false)
}

/** The schemas as JSON values, for a resolver or a registry that needs them at run time. */
function schemasFile(schemas: readonly unknown[], records: readonly AvroRecord[]): string {
  const lines = records.flatMap((record, index) => [
    `  ${shortName(record.name)}:`,
    `    '${JSON.stringify(schemas[index]).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}',`,
  ])
  return text(
    [BANNER],
    [['/** The JSON text of each schema by record name. */', 'export const SCHEMAS = {', ...lines, '} as const']],
  )
}

function withImports(body: readonly (readonly string[])[], shared: SharedTypes, isRecord: boolean): string {
  const code = text([], body).replace(/\/\*\*[\s\S]*?\*\//g, '')
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(code)
  const modules = [...Object.entries(AVRO_EXPORTS), ...sharedExports(shared, isRecord)]
  const imports = modules.flatMap(([file, names]) => importLines(file, names.filter(uses), typesIn(shared)))
  return text([BANNER, ...imports], body)
}

function sharedExports(shared: SharedTypes, isRecord: boolean): [string, string[]][] {
  const enums = shared.enums.flatMap((type) => [shortName(type.name), symbolsName(type.name)])
  if (!isRecord) return [['./enums.ts', enums]]
  const scans = shared.scannedEnums.map(scanName)
  const parts = shared.parts.flatMap((part) => {
    const name = shortName(part.name)
    return [name, `${name}Cursor`, `append${name}`, scanName(part)]
  })
  return [
    ['./enums.ts', enums],
    ['./parts.ts', [...scans, ...parts]],
  ]
}

/** The names that a generated file imports as types only. */
function typesIn(shared: SharedTypes): ReadonlySet<string> {
  const named = [...shared.enums, ...shared.parts].map((type) => shortName(type.name))
  return new Set(['ByteSink', 'DecodeCode', ...named])
}

function importLines(file: string, names: readonly string[], types: ReadonlySet<string>): string[] {
  if (names.length === 0) return []
  const typesOnly = names.every((name) => types.has(name))
  const sorted = [...names].sort((a, b) => (importOrder(a) < importOrder(b) ? -1 : 1))
  const specifiers = sorted.map((name) => (types.has(name) && !typesOnly ? `type ${name}` : name))
  const keyword = typesOnly ? 'import type' : 'import'
  return listLines(`${keyword} {`, specifiers, `} from '${file}'`, ' ')
}

/** The order in which Biome sorts imported names: letter by letter, capitals first. */
function importOrder(name: string): string {
  return name.replace(/./g, (letter) => letter.toLowerCase() + (/[A-Z]/.test(letter) ? 0 : 1))
}

function text(head: readonly string[], blocks: readonly (readonly string[])[]): string {
  return `${[head, ...blocks]
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`
}
