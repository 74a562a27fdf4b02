import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Goal: `npx sluice` runs the program on the checkout's Node, with no more helper threads than cores are left (ADR 0075).
const PROGRAM = join(import.meta.dirname, '../../bin/sluice.js')
const TOLD = `
process.on('exit', () => {
  const { execPath, execArgv } = process
  process.stderr.write('started: ' + JSON.stringify({ execPath, execArgv }))
})`

function started(args: readonly string[]): { readonly execPath: string; readonly execArgv: readonly string[] } {
  const hook = `--import data:text/javascript;base64,${btoa(TOLD)}`
  // Standard error where the test can read it; what the command prints does not matter here.
  const said = execFileSync('sh', ['-c', '"$0" "$@" 2>&1 >/dev/null', process.execPath, PROGRAM, ...args], {
    env: { PATH: process.env['PATH'], NODE_OPTIONS: hook },
    encoding: 'utf8',
  })
  const told = /started: (\{.*\})/.exec(said)?.[1]
  expect(told, said).toBeDefined()
  return JSON.parse(told!) as ReturnType<typeof started>
}

test('start: the program runs on the Node of the checkout, and its helper threads leave a core to the one that decides', () => {
  const { execPath, execArgv } = started(['config'])
  expect(execPath).toBe(process.execPath)
  const helpers = execArgv.flatMap((option) => /^--v8-pool-size=(\d+)$/.exec(option)?.[1] ?? [])
  expect(helpers).toEqual([String(Math.max(1, Math.min(4, availableParallelism() - 1)))])
})
