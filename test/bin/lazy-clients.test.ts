import { expect, test } from 'vitest'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

// Goal: who needs no cluster does not wait for its clients, which take most of a second to load.
// Method: a hook in each process, the simulator's included, tells of every module of theirs that is loaded.
const CLIENTS = [
  'kafkajs',
  '@platformatic/kafka',
  '@kafkajs/confluent-schema-registry',
  'avsc',
  '@google-cloud/bigquery',
  '@google-cloud/bigquery-storage',
  'google-gax',
]
const HOOK = `
import { registerHooks } from 'node:module'
import { writeSync } from 'node:fs'
registerHooks({ load(url, context, next) {
  const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1]
  if (${JSON.stringify(CLIENTS)}.includes(name)) writeSync(2, 'loaded ' + name + '\\n')
  return next(url, context)
} })`
const TOLD = { NODE_OPTIONS: `--import data:text/javascript;base64,${btoa(HOOK)}` }

const loaded = (stderr: string) => [...new Set(stderr.match(/loaded \S+/g))]

test.for([
  { args: ['--help'], why: 'help' },
  { args: ['config'], why: 'a command without a log' },
  { args: ['simulate', '--records', '3', '--fast'], why: 'a producer on one machine' },
])('clients: none is loaded by $why', async ({ args }) => {
  const { code, stderr } = await sluice([...args, ...(args.length > 1 ? ['--data', temporaryFolder()] : [])], TOLD)
  expect(code, stderr).toBe(0)
  expect(loaded(stderr)).toEqual([])
})

test('clients: none is loaded by `up`, its simulator included', async () => {
  const up = new SluiceProcess(['up', '--port', '0', '--data', temporaryFolder()], TOLD)
  await up.says(/^decision {2}/m)
  up.child.kill('SIGINT')
  expect(await up.ended).toBe(0)
  expect(loaded(up.stderr)).toEqual([])
})

test('clients: the hook sees the client of who goes to a cluster', async () => {
  const { stderr } = await sluice(['topics', '--kafka'], TOLD)
  expect(loaded(stderr)).toContain('loaded kafkajs')
})
