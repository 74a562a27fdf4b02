import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { PortTakenError } from '../../platform/port-owner.ts'
import { PartError } from '../../stack/part-error.ts'
import { PartProcess } from '../../stack/part-process.ts'
import { claimPort, freePorts } from '../../stack/ports.ts'

import { startRedis } from '../../stack/redis/redis.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'

// Goal: nothing that the launcher starts is left behind, however the process that started it ends.
const OWNER = fileURLToPath(new URL('redis-owner.ts', import.meta.url))

await onRealParts(['redis'], 'stack: the end of a part', () => {
  test('stack: the parts of a process that is killed with kill -9 end with it', { timeout: START_MS }, async () => {
    const owner = fork(OWNER)
    const [pids] = (await once(owner, 'message')) as [number[]]
    expect(pids.map(isRunning)).toEqual([true])
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    await expect.poll(() => pids.some(isRunning), { timeout: 10_000 }).toBe(false)
  })

  test('stack: stop ends the process, removes its data and keeps its log', { timeout: START_MS }, async () => {
    const redis = await startRedis()
    const [server] = redis.servers
    const { pid } = server!
    expect(existsSync(join(redis.folder, 'data'))).toBe(true)
    await redis.stop()
    expect(isRunning(pid)).toBe(false)
    expect(existsSync(join(redis.folder, 'data'))).toBe(false)
    const log = readFileSync(join(redis.folder, `redis-${server!.address.split(':')[1]}.log`), 'utf8')
    expect(log).toContain('Ready to accept connections')
  })

  test('stack: a part that ends before it is ready says how, with the end of its log', {
    timeout: START_MS,
  }, async () => {
    const starting = startRedis({ settings: { 'no-such-setting': 'yes' } })
    await expect(starting).rejects.toThrow(PartError)
    await expect(starting).rejects.toThrow(/ended before it was ready \(exit code 1\)[\s\S]*no-such-setting/)
  })
})

test('stack: a paused process can be stopped', { timeout: START_MS }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  const paused = new PartProcess('sleep', ['600'], {
    folder,
    env: { PATH: '/usr/bin:/bin' },
    logFile: join(folder, 'log'),
  })
  paused.pause()
  await paused.stop()
  expect(paused.end).toBe('signal SIGTERM')
})

test('stack: a program that is not there has ended, with the reason in its log', { timeout: START_MS }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  const options = { folder, env: { PATH: '/usr/bin:/bin' }, logFile: join(folder, 'log') }
  const absent = new PartProcess('no-such-program', [], options)
  expect(await absent.ended).toBe('exit code 127')
  expect(absent.lastWords()).toContain('no-such-program')
})

test('stack: a taken port is one line that names who has it and what to do', async () => {
  const [port] = await freePorts(1)
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  try {
    const claim = claimPort(port!, '--redis-port')
    await expect(claim).rejects.toThrow(PortTakenError)
    await expect(claim).rejects.toThrow(
      new RegExp(
        `^port ${port} is taken by .*\\(pid ${process.pid}\\); stop it, or give another port with --redis-port$`,
      ),
    )
  } finally {
    server.close()
  }
})

test('stack: free ports are all different, and below those of outgoing connections', async () => {
  const ports = await freePorts(50)
  expect(new Set(ports).size).toBe(50)
  const [lowestOutgoing] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)
  expect(Math.max(...ports)).toBeLessThan(Number(lowestOutgoing))
})

function isRunning(pid: number): boolean {
  try {
    // A killed process that nobody has reaped yet runs no more (state Z).
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
