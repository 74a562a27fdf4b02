/**
 * Builds the package into `dist`: plain .js and .d.ts of the exported entry points and of the program, since Node strips no
 * types under node_modules, and beside them the files that they read. In a checkout the examples find the package under its
 * own name once it is built.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = import.meta.dirname
const OUTPUT = join(ROOT, 'dist')
const COMPILER = join(ROOT, 'node_modules/.bin/tsc')
/** Read at run time by their place beside the code. */
const READ_BESIDE = ['rules/default.yaml', 'schemas/registry', 'dashboards/page/built']

function build(): number {
  rmSync(OUTPUT, { recursive: true, force: true })
  const compiled = spawnSync(COMPILER, ['-p', join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' })
  if (compiled.status !== 0) return compiled.status ?? 1
  const page = spawnSync(process.execPath, [join(ROOT, 'dashboards/build-page.ts')], { stdio: 'inherit' })
  if (page.status !== 0) return page.status ?? 1
  for (const path of READ_BESIDE) cpSync(join(ROOT, path), join(OUTPUT, path), { recursive: true })
  return 0
}

process.exitCode = build()
