import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { IS_SHORT } from './harness.ts'

/**
 * `npm run bench` runs every bench, `npm run bench -- NAME ...` those named; each in a process of its own.
 * `pipeline` stands for all that print the figures of the pipeline's speed and memory, `kafka` for all on a cluster, `alerts` for
 * what concerns them, `archive` for both archives.
 * SLUICE_BENCH_SHORT=1 tries them out in seconds. Exits 1 if a figure missed its bar.
 */
const BENCHES = [
  'chain',
  'end-to-end',
  'dedup',
  'checkpoint',
  'restart',
  'soak',
  'hash',
  'embedded-log',
  'kafka-throughput',
  'kafka-latency',
  'kafka-recovery',
  'alerts',
  'alerts-cost',
  'confirm',
  'board',
  'bigquery',
  'archive',
] as const
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  pipeline: ['chain', 'end-to-end', 'dedup', 'checkpoint', 'restart', 'soak'],
  kafka: ['kafka-throughput', 'kafka-latency', 'kafka-recovery'],
  alerts: ['alerts', 'alerts-cost'],
  archive: ['archive', 'bigquery'],
}

function run(names: readonly string[]): string[] {
  const failed: string[] = []
  for (const [i, name] of names.entries()) {
    process.stderr.write(`[${i + 1}/${names.length}] ${name}\n`)
    const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.bench.ts`)], {
      stdio: 'inherit',
    })
    if (status !== 0) failed.push(name)
  }
  return failed
}

const asked = process.argv.slice(2)
const names = asked.length === 0 ? [...BENCHES] : [...new Set(asked.flatMap((name) => GROUPS[name] ?? [name]))]
const unknown = names.filter((name) => !BENCHES.some((bench) => bench === name))
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(', ')}; there are ${[...Object.keys(GROUPS), ...BENCHES].join(', ')}\n`)
  process.exitCode = 2
} else {
  const failed = run(names)
  if (!IS_SHORT) spawnSync(process.execPath, [join(import.meta.dirname, 'render.ts')], { stdio: 'inherit' })
  process.stdout.write(
    failed.length === 0
      ? `\n${IS_SHORT ? 'all ran through; no bar was held against them' : 'every bar held'}\n`
      : `\nbelow a bar or failed: ${failed.join(', ')}\n`,
  )
  if (failed.length > 0) process.exitCode = 1
}
