import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedFiles } from './generator/files.ts'

/**
 * Writes `schemas/generated/` from `schemas/*.avsc`; with `--check` compares instead, names each file that differs and
 * exits 1.
 */
export function generate(folder: string, check: boolean): string[] {
  const schemas = new Map<string, unknown>()
  for (const file of readdirSync(folder).sort()) {
    if (file.endsWith('.avsc')) schemas.set(file, JSON.parse(readFileSync(join(folder, file), 'utf8')))
  }
  const target = join(folder, 'generated')
  mkdirSync(target, { recursive: true })
  const committed = new Map(readdirSync(target).map((file) => [file, readFileSync(join(target, file), 'utf8')]))
  const files = generatedFiles(schemas)
  const stale = [...new Set([...files.keys(), ...committed.keys()])].filter(
    (file) => files.get(file) !== committed.get(file),
  )
  if (!check) {
    for (const file of stale) {
      const text = files.get(file)
      if (text === undefined) rmSync(join(target, file))
      else writeFileSync(join(target, file), text)
    }
  }
  return stale.sort().map((file) => join(target, file))
}

if (import.meta.main) {
  const check = process.argv.includes('--check')
  const stale = generate(import.meta.dirname, check)
  for (const file of stale) {
    process.stderr.write(
      check ? `${file} differs from what schemas/*.avsc say; run schemas/generate.ts\n` : `wrote ${file}\n`,
    )
  }
  if (check && stale.length > 0) process.exitCode = 1
}
