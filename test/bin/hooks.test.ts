import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Webhook as Reference } from 'standardwebhooks'
import { expect, onTestFinished, test, vi } from 'vitest'
import { logFolder } from '../../bin/runtime/data-folder.ts'
import { ActionDecoder } from '../../redis-alerts/hooks/hook-action.ts'
import { ACTION_PARTITIONS } from '../../redis-alerts/hooks/hook-session.ts'
import { openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { SCHEMA_IDS } from '../redis-alerts/alert-log.ts'
import { auditedActs } from './audited-acts.ts'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

// Goal: what a kill -9 in the middle of deliveries leaves to each receiver, and what an operator sees and does.
// Method: `sluice up` in a process of its own, two receivers in this one: the first holds its answers back until the kill, the
// second refuses the first few actions that it is told of.
const WITHIN_MS = 120_000
const WITHIN = { timeout: WITHIN_MS, interval: 50 }
const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const CONCURRENCY = 4
/** So few do not open the circuit. */
const REFUSED = 3

/** Bodies by path and action id, as they came and were verified. */
class Receiver {
  readonly held: ServerResponse[] = []
  readonly refused: string[] = []
  readonly got = new Map<string, Map<string, string[]>>()
  /** The status to answer an action with; null holds the answer back. */
  answer: (path: string, id: string) => number | null
  private readonly server: Server

  constructor(answer: Receiver['answer']) {
    this.answer = answer
    this.server = createServer(async (request, response) => {
      const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
      const path = request.url ?? ''
      try {
        new Reference(SECRET).verify(body, request.headers as Record<string, string>)
      } catch {
        this.refused.push(path)
      }
      const id = String(request.headers['webhook-id'])
      this.keep(path, id, body)
      const status = this.answer(path, id)
      if (status === null) this.held.push(response)
      else response.writeHead(status).end()
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      this.server.closeAllConnections()
      this.server.close()
    })
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  ids(path: string): string[] {
    return [...(this.got.get(path) ?? new Map()).keys()].sort()
  }

  private keep(path: string, id: string, body: string): void {
    const ofPath = this.got.get(path) ?? new Map<string, string[]>()
    this.got.set(path, ofPath.set(id, [...(ofPath.get(id) ?? []), body]))
  }
}

async function actionsIn(folder: string): Promise<string[]> {
  const log = await openEmbeddedLog({ directory: logFolder(folder), clock: machineTime, bytesMax: 4 * 2 ** 30 })
  const decoder = new ActionDecoder(SCHEMA_IDS.action)
  const ids: string[] = []
  for (const at of ACTION_PARTITIONS) {
    const { endOffset } = await log.bounds(at)
    const reader = log.openReader(at, 0)
    for (let offset = 0; offset < endOffset; ) {
      const { bytes, nextOffset } = await reader.fetch(1 << 20, 1_000)
      for (const read of decoder.read(bytes, at, offset, endOffset)) if (read.action !== null) ids.push(read.actionId)
      offset = nextOffset
    }
    reader.close()
  }
  await log.close()
  return ids.sort()
}

async function metricsOf(started: SluiceProcess): Promise<() => Promise<string>> {
  const [address] = await started.says(/http:\/\/127\.0\.0\.1:\d+/)
  return async () => (await fetch(`${address}/metrics`)).text()
}

test('SPEC A5: each action comes under one id to each hook though the process is killed in the middle; what is dead is shown and replayed', {
  timeout: 2 * WITHIN_MS,
}, async () => {
  const refused = new Set<string>()
  const cases = (id: string) => {
    if (refused.size < REFUSED) refused.add(id)
    return refused.has(id) ? 500 : 204
  }
  const receiver = new Receiver((path, id) => (path === '/cases' ? cases(id) : null))
  const address = await receiver.listen()
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const secrets = file('secrets', `${SECRET}\n`)
  const common = { secrets_file: secrets, allow_http: true, allow_networks: ['127.0.0.0/8'], concurrency: CONCURRENCY }
  const hooks = [
    { ...common, name: 'cards', url: `${address}/cards`, first_retry_ms: 100 },
    { ...common, name: 'cases', url: `${address}/cases`, tries: 1 },
  ]
  const env = {
    SLUICE_DATA: data,
    SLUICE_METRICS_PORT: '0',
    SLUICE_HOOKS: file('hooks.yaml', JSON.stringify({ hooks })),
  }
  const simulated = await sluice(['simulate', '--scenario', 'card-testing', '--records', '2400', '--fast'], env)
  expect(simulated.code, simulated.stderr).toBe(0)
  const first = new SluiceProcess(['up', '--no-simulate'], env)
  await vi.waitFor(() => expect(receiver.held).toHaveLength(CONCURRENCY), WITHIN)
  const underWay = receiver.ids('/cards')
  first.kill('SIGKILL')
  await first.ended

  receiver.answer = (path, id) => (path === '/cases' ? cases(id) : 204)
  const second = new SluiceProcess(['up', '--no-simulate'], env)
  const metrics = await metricsOf(second)
  await vi.waitFor(async () => {
    const text = (await metrics()).match(/^sluice_hook_.*/gm)?.join('\n')
    for (const hook of ['cards', 'cases']) {
      expect(text).toContain(`sluice_hook_lag_records{hook="${hook}"} 0`)
      expect(text).toContain(`sluice_hook_waiting{hook="${hook}"} 0`)
    }
  }, WITHIN)
  second.kill('SIGINT')
  expect(await second.ended, second.stderr).toBe(0)

  const actions = await actionsIn(data)
  process.stdout.write(`kill -9 during delivery: ${actions.length} actions, ${underWay.length} of them under way\n`)
  expect(underWay).toHaveLength(CONCURRENCY)
  expect(receiver.ids('/cards')).toEqual(actions)
  expect(receiver.ids('/cases')).toEqual(actions)
  expect(receiver.refused).toEqual([])
  const bodies = receiver.got.get('/cards') as Map<string, string[]>
  for (const id of underWay) expect(bodies.get(id)?.length, id).toBeGreaterThan(1)
  for (const [id, of] of bodies) expect(new Set(of).size, id).toBe(1)

  const listed = await sluice(['hooks', 'list', '--json', '--hook', 'cases', '--limit', '100000'], env)
  const dead = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { action_id: string })
  expect(dead.map((one) => one.action_id).sort()).toEqual([...refused].sort())
  expect(dead[0]).toMatchObject({ hook: 'cases', outcome: 'DEAD', tries: 1, status: 500, detail: 'HTTP_500' })
  const shown = await sluice(['hooks', 'show', dead[0]?.action_id ?? ''], env)
  expect(shown.stdout).toMatch(/^cases {2}\S+ {2}DEAD {2}try 1 {2}HTTP_500/m)
  expect(shown.stdout).toMatch(/^cards {2}\S+ {2}DELIVERED/m)

  receiver.answer = () => 204
  receiver.got.clear()
  const run = new SluiceProcess(['hooks', 'run'], env)
  await run.says(/sluice hooks: fraud\.actions to cards, cases/)
  const asked = await sluice(['hooks', 'replay', 'cases', '--all'], env)
  expect(asked.stdout).toBe(`${REFUSED} are tried again by whoever runs cases\n`)
  await vi.waitFor(() => expect(receiver.ids('/cases')).toEqual([...refused].sort()), WITHIN)
  run.kill('SIGINT')
  expect(await run.ended, run.stderr).toBe(0)
  expect(receiver.ids('/cards')).toEqual([])
  expect((await sluice(['hooks', 'list', '--hook', 'cases'], env)).stdout).toBe('no such deliveries\n')
  expect(await auditedActs(data)).toMatchObject([{ act: 'hook.replay', subject: 'cases', result: 'done' }])
})
