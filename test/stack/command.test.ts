import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cacheFolder } from '../../stack/cache.ts'
import { freePorts } from '../../stack/ports.ts'
import { askRedis } from '../../stack/redis/redis-request.ts'
import { type Outcome, runProgram } from '../../stack/run-program.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'

// Goal: `npm run stack` as a person uses it, beside whatever the person has running: a cache folder of its own.
const STACK = fileURLToPath(new URL('../../stack/stack.ts', import.meta.url))

await onRealParts(['redis', 'registry'], 'stack: the command line', () => {
  let cache: string
  const env = () => ({ ...process.env, SLUICE_STACK_CACHE: cache })
  const stack = (...args: string[]): Promise<Outcome> =>
    runProgram(process.execPath, [STACK, ...args], { env: env(), withinMs: START_MS })

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'sluice-test-'))
    mkdirSync(join(cacheFolder(), 'parts'), { recursive: true })
    symlinkSync(join(cacheFolder(), 'parts'), join(cache, 'parts')) // Nothing is downloaded again.
  })
  afterEach(async () => {
    await stack('stop')
    rmSync(cache, { recursive: true, force: true })
  }, START_MS)

  test('stack: parts start, answer, and stop ends them', { timeout: START_MS }, async () => {
    const started = await stack('redis', 'registry')
    expect(started).toMatchObject({ exitCode: 0, stderr: '' })
    const address = addressIn(started.stdout)
    expect(await askRedis(address, 'PING')).toBe('+PONG\r\n')
    const { stdout: status } = await stack('status')
    expect(status).toMatch(/^kafka +does not run$/m)
    expect(status).toMatch(/^redis +answers +url redis:\/\/127\.0\.0\.1:\d+ +pids \d+/m)
    expect(status).toMatch(/^registry +answers +url http:\/\/127\.0\.0\.1:\d+\/apis\/ccompat\/v7/m)
    expect((await stack('stop')).stdout).toMatch(/^redis +stopped\nregistry +stopped\n$/)
    await expect(askRedis(address, 'PING')).rejects.toThrow('ECONNREFUSED')
  })

  test('stack: three masters are a Redis Cluster', { timeout: START_MS }, async () => {
    const { stdout } = await stack('redis', '--masters', '3')
    const [, url = '', nodes = ''] = /^redis +ready +url redis:\/\/(\S+) +nodes (\S+)/m.exec(stdout) ?? []
    for (const address of [url, ...nodes.split(',')]) {
      expect(await askRedis(address, 'CLUSTER INFO')).toContain('cluster_state:ok')
    }
    expect(nodes.split(',')).toHaveLength(2)
    expect((await stack('status')).stdout).toMatch(/^redis +answers +url/m)
  })

  test('stack: a second start changes nothing; stop ends only what was started here', {
    timeout: START_MS,
  }, async () => {
    const [foreign] = await freePorts(1)
    const other = spawn('redis-server', ['--port', String(foreign), '--save', ''], { stdio: 'ignore', cwd: cache })
    try {
      const first = addressIn((await stack('redis')).stdout)
      const [again, twin] = await Promise.all([stack('redis'), stack('redis', '--redis-port', '1')])
      for (const { stdout } of [again, twin]) {
        expect(stdout).toMatch(/^redis +runs already/)
        expect(addressIn(stdout)).toBe(first)
      }
      expect((await stack('stop', 'redis')).stdout).toMatch(/^redis +stopped/)
      expect((await stack('stop', 'redis')).stdout).toBe('')
      await expect(askRedis(first, 'PING')).rejects.toThrow('ECONNREFUSED')
      expect(await askRedis(`127.0.0.1:${foreign}`, 'PING')).toBe('+PONG\r\n')
    } finally {
      other.kill('SIGKILL')
      await once(other, 'exit')
    }
  })

  test('stack: a given port that is taken is one line on stderr, and nothing runs', { timeout: START_MS }, async () => {
    const port = addressIn((await stack('redis')).stdout).split(':')[1]!
    const { exitCode, stdout, stderr } = await stack('registry', '--registry-port', port)
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(
      new RegExp(
        `^stack: port ${port} is taken by redis-server .*; stop it, or give another port with --registry-port\n$`,
      ),
    )
    expect((await stack('status')).stdout).toMatch(/^registry +does not run$/m)
  })

  test('stack: the part of a killed keeper ends, and starts again', { timeout: START_MS }, async () => {
    const address = addressIn((await stack('redis')).stdout)
    const { keeper } = JSON.parse(readFileSync(join(cache, 'running', 'redis.json'), 'utf8'))
    process.kill(keeper.pid, 'SIGKILL')
    const isGone = () =>
      askRedis(address, 'PING').then(
        () => false,
        () => true,
      )
    await expect.poll(isGone, { timeout: 10_000 }).toBe(true)
    expect((await stack('status')).stdout).toMatch(/^redis +does not run$/m)
    expect((await stack('redis')).stdout).toMatch(/^redis +ready/)
  })
})

test.for([
  { args: [], says: /missing required argument/ },
  { args: ['postgres'], says: /The parts are kafka, redis, registry, bigquery/ },
  { args: ['kafka', '--brokers', '2'], says: /It is 1 or 3/ },
  { args: ['kafka', '--kafka-port', '70000'], says: /whole number from 1 to 65535/ },
])('stack: wrong use is refused and explained: $args', { timeout: START_MS }, async ({ args, says }) => {
  const { exitCode, stderr } = await runProgram(process.execPath, [STACK, ...args])
  expect(exitCode).not.toBe(0)
  expect(stderr).toMatch(says)
})

/** The `host:port` of Redis that a line of the command names. */
function addressIn(text: string): string {
  const address = /redis:\/\/(\S+)/.exec(text)?.[1]
  if (address === undefined) throw new Error(`no address of Redis in: ${text}`)
  return address
}
