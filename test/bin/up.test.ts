import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { partitionOfAccount, sendControl } from '../../bin/runtime/control/control-records.ts'
import { openSession } from '../../bin/runtime/session.ts'
import { testConfig } from './decided-folder.ts'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

// Goal: the command that a newcomer types: it decides, drains at Ctrl-C, goes on without a gap or a double, and says what is in its way.
const UP = ['up', '--port', '0', '--rate', '300']

/** Inputs and decisions of all partitions, by `verify`. */
async function verified(folder: string) {
  const { code, stdout, stderr } = await sluice(['verify', '--data', folder, '--json'])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const verdicts: { until: number; waiting: number; dispositions: Record<string, number> }[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const sum = (read: (verdict: (typeof verdicts)[number]) => number) => verdicts.reduce((a, one) => a + read(one), 0)
  return {
    inputs: sum(({ until }) => until),
    decided: sum(({ dispositions }) => dispositions['decided'] ?? 0),
    applied: sum(({ dispositions }) => dispositions['control-applied'] ?? 0),
  }
}

/** Starts `up`, waits for a decision, ends it by Ctrl-C, and expects it to have drained. */
async function upAndDown(folder: string, env: Readonly<Record<string, string>> = {}): Promise<SluiceProcess> {
  const up = new SluiceProcess([...UP, '--data', folder], env)
  await up.says(/^decision {2}\S+ {2}(?:approve|challenge|review|block) {2}/m)
  up.child.kill('SIGINT')
  expect(await up.ended).toBe(0)
  expect(up.stderr).toContain('ending')
  expect(up.stdout).toMatch(/ended after \d+ s: decided [\d,]+/)
  return up
}

test('SPEC X4: Ctrl-C drains, and a second start goes on with new payments, no gap and no double', async () => {
  const folder = temporaryFolder()
  await upAndDown(folder)
  const first = await verified(folder)
  await upAndDown(folder)
  const second = await verified(folder)
  expect(first.decided).toBeGreaterThan(0)
  expect(second.inputs).toBeGreaterThan(first.inputs)
  expect((second.decided - first.decided) / (second.inputs - first.inputs)).toBeGreaterThanOrEqual(0.9)
  const checkpoints = await sluice(['checkpoint', '--data', folder, '--json'])
  expect(checkpoints.code).toBe(0)
}, 60_000)

test('SPEC S6: a changed rule file goes in force in every partition, once', async () => {
  const folder = temporaryFolder()
  const rules = join(temporaryFolder(), 'rules.yaml')
  const text = readFileSync('rules/default.yaml', 'utf8')
  writeFileSync(rules, text)
  await upAndDown(folder, { SLUICE_RULES: rules })
  writeFileSync(
    rules,
    text.replace('version: "1"', 'version: "night"').replace('until_hour_utc: 5', 'until_hour_utc: 6'),
  )
  const changed = await upAndDown(folder, { SLUICE_RULES: rules })
  expect(changed.stdout).toContain('rule set night')
  await upAndDown(folder, { SLUICE_RULES: rules })
  expect((await verified(folder)).applied).toBe(12)
  const { stdout } = await sluice(['decisions', '--data', folder, '--json', '--limit', '1'])
  expect(JSON.parse(stdout).rule_version).toBe('night')
}, 60_000)

test('SPEC S6: a rule file that a partition refuses is not said to be in force, and the next start tries again', async () => {
  const folder = temporaryFolder()
  const rules = join(temporaryFolder(), 'rules.yaml')
  const write = (version: string) =>
    writeFileSync(rules, readFileSync('rules/default.yaml', 'utf8').replace('version: "1"', `version: "${version}"`))
  write('1')
  const env = { SLUICE_RULES: rules }
  const at = ['--data', folder]
  expect((await upAndDown(folder, env)).stdout).not.toContain('rule set')
  // The signer's clock was ahead once: in this partition its serial stands far above what comes now.
  const session = await openSession(testConfig(folder))
  const partition = partitionOfAccount('alice')
  const change = { kind: 'ACCOUNT_LIFTED', actor: 'ana', reason: null, accountId: 'alice' } as const
  await sendControl(session, 'admin', change, [partition], Date.now() + 86_400_000)
  await session.log.close()

  write('night')
  for (let starts = 0; starts < 2; starts++) {
    const up = new SluiceProcess([...UP, ...at], env)
    await up.complains(/rule set night of \S+ is not in force; decisions go on, .*: refused at (\d+)-\d+: serial/)
    expect(up.stderr).toContain(`refused at ${partition}-`)
    expect(up.stderr).toContain('it holds in 11 partitions')
    // A change that somebody makes at run time stands from then on, whatever became of the file's.
    if (starts === 1) await sluice(['rules', 'rollback', '1', '--as', 'ana', '--reason', 'back', ...at])
    up.child.kill('SIGINT')
    expect(await up.ended).toBe(0)
    expect(up.stdout).not.toContain('rule set')
  }
  const third = await upAndDown(folder, env)
  expect([third.stdout, third.stderr].join()).not.toContain('rule set')
}, 120_000)

test('up: a second one on the same folder ends with one line that names the first', async () => {
  const folder = temporaryFolder()
  const first = new SluiceProcess([...UP, '--data', folder])
  await first.says(/^decision /m)
  const second = await sluice([...UP, '--data', folder])
  expect(second.code).toBe(1)
  expect(second.stderr.trim().split('\n')).toHaveLength(1)
  expect(second.stderr).toContain(`process ${first.child.pid}`)
  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
}, 60_000)

test('api: a second one on a port gives one line that names process and setting', async () => {
  const folder = temporaryFolder()
  await upAndDown(folder)
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const api = ['api', '--data', folder, '--port', String(port), '--metrics-port', '0']
  const first = new SluiceProcess(api)
  await first.says(/^sluice api: /m)
  const second = await sluice(api)
  expect(second.code).toBe(1)
  expect(second.stderr.trim().split('\n')).toHaveLength(1)
  expect(second.stderr).toContain(`port ${port} is taken by`)
  expect(second.stderr).toContain(`(pid ${first.child.pid})`)
  expect(second.stderr).toContain('SLUICE_API_PORT')
  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
}, 60_000)

test('up: a taken port gives one line that names process and setting', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const { code, stdout, stderr } = await sluice(['up', '--port', String(port), '--data', temporaryFolder()])
  server.close()
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).toContain(`port ${port} is taken by`)
  expect(stderr).toContain(`(pid ${process.pid})`)
  expect(stderr).toContain('SLUICE_METRICS_PORT')
})

test('up: metrics and health answer, and the metrics have the names of Kafka Streams', async () => {
  const up = new SluiceProcess([...UP, '--data', temporaryFolder()])
  const [, port = ''] = await up.says(/http:\/\/127\.0\.0\.1:(\d+)/)
  await up.says(/^decision /m)
  const decided = /^sluice_records_total\{task_id="0_\d+",disposition="decided"\} [1-9]\d*$/m
  let metrics = ''
  // The counters follow a decision when its transaction is merged.
  while (!decided.test(metrics)) metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(metrics).toMatch(/^kafka_streams_stream_task_metrics_process_total\{task_id="0_0"\} \d+$/m)
  expect(metrics).toMatch(/^sluice_store_filled_ratio\{task_id="0_3",store="dedup"\} /m)
  const ready = await fetch(`http://127.0.0.1:${port}/health/ready`)
  expect(ready.status).toBe(200)
  expect(await ready.json()).toMatchObject({ ready: true, log: 'open' })
  up.child.kill('SIGTERM')
  expect(await up.ended).toBe(0)
}, 30_000)
