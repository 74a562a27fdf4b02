import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeEnvironment } from '../../bin/launch.js'

// Goal: `npx sluice` runs the program on the checkout's Node, its state in large pages, and no more helper threads than cores are left (ADR 0075).
const PROGRAM = join(import.meta.dirname, '../../bin/sluice.js')
const TOLD = `
process.on('exit', () => {
  const { execPath, execArgv, env } = process
  process.stderr.write('started: ' + JSON.stringify({ execPath, execArgv, tunables: env.GLIBC_TUNABLES }))
})`

function startedWith(environment: NodeJS.ProcessEnv) {
  const hook = { NODE_OPTIONS: `--import data:text/javascript;base64,${btoa(TOLD)}` }
  const env = { PATH: process.env['PATH'], ...environment, ...hook }
  // Standard error where the test can read it; what the command prints does not matter here.
  const said = execFileSync('sh', ['-c', '"$0" "$@" 2>&1 >/dev/null', process.execPath, PROGRAM, 'config'], { env })
  const started = /started: (\{.*\})/.exec(said.toString())?.[1]
  expect(started, said.toString()).toBeDefined()
  return JSON.parse(started!) as { execPath: string; execArgv: string[]; tunables: string }
}

test('start: large pages are asked for, and helper threads leave one core to the thread that decides', () => {
  const { execPath, execArgv, tunables } = startedWith({})
  expect(execPath).toBe(process.execPath)
  expect(tunables).toBe('glibc.malloc.hugetlb=1')
  const pool = execArgv.flatMap((option) => /^--v8-pool-size=(\d+)$/.exec(option)?.[1] ?? [])
  expect(pool).toEqual([String(Math.max(1, Math.min(4, availableParallelism() - 1)))])
})

test('start: an owner who has set the C library up is left alone', () => {
  const own = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' }
  expect(startedWith(own).tunables).toBe('glibc.malloc.hugetlb=0')
})

test('start: a large array stands in large pages where the kernel gives any', () => {
  const script = `
    const state = new Int32Array(16 << 20).fill(1)
    process.stdout.write(require('node:fs').readFileSync('/proc/self/smaps_rollup', 'latin1') + state[0])`
  const kernel = readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'latin1')
  const largeKb = (env: NodeJS.ProcessEnv) =>
    Number(/AnonHugePages: +(\d+) kB/.exec(execFileSync(process.execPath, ['-e', script], { env }).toString())![1])
  const given = largeKb(nodeEnvironment({})) - largeKb({})
  // With `always` the kernel gives them unasked.
  if (kernel.includes('[madvise]')) expect(given).toBeGreaterThan(32 << 10)
  else expect(Math.abs(given)).toBeLessThan(32 << 10)
})
