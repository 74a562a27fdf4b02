import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ListedRegistry, type RegisteredSchema } from './registry.ts'

/** The committed registry: a file a version, `<id>.json`, in the form in which Confluent's registry answers. */
export const REGISTRY_FOLDER = join(import.meta.dirname, 'registry')

/** The registry that the embedded profile uses; throws when a file is not a version, or its name not its id. */
export function localRegistry(folder: string = REGISTRY_FOLDER): ListedRegistry {
  return new ListedRegistry(registeredSchemas(folder))
}

/** All registered versions, by rising id. */
export function registeredSchemas(folder: string = REGISTRY_FOLDER): RegisteredSchema[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return files.map((file) => readEntry(folder, file)).sort((a, b) => a.id - b.id)
}

/** Adds one version; the file must not exist yet. */
export function writeEntry(folder: string, entry: RegisteredSchema): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, fileName(entry.id))
  const stored = { ...entry, schema: JSON.stringify(entry.schema) }
  writeFileSync(file, `${JSON.stringify(stored, null, 2)}\n`, { flag: 'wx' })
  return file
}

function readEntry(folder: string, file: string): RegisteredSchema {
  const entry = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>
  const { id, subject, version, schema } = entry
  if (
    typeof id !== 'number' ||
    typeof subject !== 'string' ||
    typeof version !== 'number' ||
    typeof schema !== 'string'
  ) {
    throw new Error(`${join(folder, file)} is not a registered schema; restore it from version control`)
  }
  if (file !== fileName(id)) throw new Error(`${join(folder, file)} holds id ${id}; restore it from version control`)
  return { id, subject, version, schema: JSON.parse(schema) }
}

function fileName(id: number): string {
  return `${String(id).padStart(4, '0')}.json`
}
