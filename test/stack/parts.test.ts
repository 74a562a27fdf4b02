import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BigQuery, startBigQuery } from '../../stack/bigquery/bigquery.ts'
import { chooseParts } from '../../stack/choose-parts.ts'
import { type Redis, startRedis } from '../../stack/redis/redis.ts'
import { askRedis } from '../../stack/redis/redis-request.ts'
import { type Registry, startRegistry } from '../../stack/registry/registry.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'

// Goal: each part does its work for a client, and can be broken where a test needs that.

await onRealParts(['redis'], 'stack: Redis', () => {
  let redis: Redis
  beforeAll(async () => {
    redis = await startRedis({ settings: { appendonly: 'yes', appendfsync: 'always' } })
  }, START_MS)
  afterAll(() => redis?.stop())

  test('stack: Redis has the caller’s settings, and keeps on the disk what they say', async () => {
    const [server] = redis.servers
    expect(await askRedis(server!.address, 'SET payment decided')).toBe('+OK\r\n')
    await server!.kill()
    await expect(askRedis(server!.address, 'PING')).rejects.toThrow('ECONNREFUSED')
    await server!.restart()
    expect(await askRedis(server!.address, 'GET payment')).toBe('$7\r\ndecided\r\n')
  })

  test('stack: a paused Redis answers nothing until it is resumed', async () => {
    const [server] = redis.servers
    server!.pause()
    await expect(askRedis(server!.address, 'PING')).rejects.toThrow('no answer')
    server!.resume()
    expect(await askRedis(server!.address, 'PING')).toBe('+PONG\r\n')
  })

  test('stack: a Redis cluster sends a client to the master that has the key', { timeout: START_MS }, async () => {
    const cluster = await startRedis({ cluster: true })
    try {
      const answers = await Promise.all(cluster.addresses.map((address) => askRedis(address, 'SET payment decided')))
      expect(answers.filter((answer) => answer === '+OK\r\n')).toHaveLength(1)
      expect(answers.filter((answer) => answer.startsWith('-MOVED '))).toHaveLength(2)
    } finally {
      await cluster.stop()
    }
  })
})

await onRealParts(['registry'], 'stack: schema registry', () => {
  let registry: Registry
  beforeAll(async () => {
    registry = await startRegistry()
  }, START_MS)
  afterAll(() => registry?.stop(), START_MS)

  test('stack: the registry gives a schema an id by Confluent’s API', { timeout: START_MS }, async () => {
    const schema = JSON.stringify({ type: 'record', name: 'Payment', fields: [{ name: 'id', type: 'string' }] })
    const response = await fetch(`${registry.url}/subjects/payments-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    })
    const { id } = (await response.json()) as { id: number }
    expect(id).toBeGreaterThan(0)
    const read = await fetch(`${registry.url}/schemas/ids/${id}`)
    expect(JSON.parse(((await read.json()) as { schema: string }).schema)).toEqual(JSON.parse(schema))
  })
})

await onRealParts(['bigquery'], 'stack: BigQuery’s endpoint', () => {
  let bigQuery: BigQuery
  beforeAll(async () => {
    bigQuery = await startBigQuery()
  }, START_MS)
  afterAll(() => bigQuery?.stop(), START_MS)

  test('stack: BigQuery answers SQL, and its tables outlive kill -9', { timeout: START_MS }, async () => {
    const [server] = bigQuery.servers
    const query = async (sql: string) => {
      const response = await fetch(`${bigQuery.url}/projects/${bigQuery.project}/queries`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
        body: JSON.stringify({ query: sql, useLegacySql: false }),
      })
      const { rows = [] } = (await response.json()) as { rows?: { f: { v: string }[] }[] }
      expect(response.status, sql).toBe(200)
      return rows.map(({ f }) => f.map(({ v }) => v))
    }
    await query('CREATE SCHEMA fraud')
    await query('CREATE TABLE fraud.decisions AS SELECT n, n * n AS squared FROM UNNEST([1, 2, 3]) AS n')
    await server!.kill()
    await server!.restart()
    expect(await query('SELECT SUM(squared) FROM fraud.decisions')).toEqual([['14']])
  })
})

await onRealParts(['redis'], 'stack: the one interface', () => {
  test('stack: a line says who starts the parts, and the parts work', { timeout: START_MS }, async () => {
    const lines: string[] = []
    const parts = await chooseParts((line) => lines.push(line))
    expect(lines).toEqual([expect.stringMatching(/^real parts: (?:plain processes of the launcher|containers by) /)])
    process.stdout.write(`${lines[0]}\n`)
    const redis = await parts.redis()
    try {
      expect(await askRedis(new URL(redis.url).host, 'PING')).toBe('+PONG\r\n')
    } finally {
      await redis.stop()
    }
  })
})
