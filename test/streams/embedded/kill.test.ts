import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type EmbeddedLog, openEmbeddedLog } from '../../../streams/embedded/embedded-log.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { batchOf, recordsIn, type TextRecord } from '../log/text-records.ts'
import { LogChild } from './child-process.ts'

// Goal: what another process acknowledged is there after kill -9 at any instant, whole, and the log goes on.
// Method: a child that produces and commits as fast as it can, killed at random instants; this process has the same
// folder open all the time, reads it, and writes between the kills.

const IN = { topic: 'in', partition: 0 }

describe('processes on one data folder', () => {
  let directory: string
  let log: EmbeddedLog
  const children: LogChild[] = []
  const start = (...args: ConstructorParameters<typeof LogChild>): LogChild => {
    const child = new LogChild(...args)
    children.push(child)
    return child
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'sluice-kill-'))
    log = await openEmbeddedLog({ directory, clock: { nowMs: () => Date.now() } })
    await log.createTopics([
      { topic: 'in', partitions: 1, retentionMs: -1, retentionBytes: -1, writtenBy: 'producers' },
      { topic: 'out', partitions: 2, retentionMs: -1, retentionBytes: -1 },
    ])
  })
  afterEach(async () => {
    for (const child of children.splice(0)) await child.kill()
    await log.close()
    rmSync(directory, { recursive: true })
  })

  async function readAll(at: TopicPartition): Promise<TextRecord[]> {
    const reader = log.openReader(at, 0)
    const records: TextRecord[] = []
    for (;;) {
      const { bytes, nextOffset, endOffset } = await reader.fetch(4 << 20, 0)
      records.push(...recordsIn(bytes))
      if (nextOffset < endOffset) continue
      reader.close()
      return records
    }
  }

  test('a reader waits for what another process appends', async () => {
    const reader = log.openReader(IN, 0)
    const fetched = reader.fetch(1 << 20, 15_000)
    const child = start(directory, 'pace', [1])
    const [record] = recordsIn((await fetched).bytes)
    await child.finished()
    expect(record).toMatchObject({ offset: 0, text: child.of('appended')[0]?.text })
  })

  test('SPEC X3: a second owner is refused with the pid of the first, and has the task once that one is killed', async () => {
    const owner = start(directory, 'hold')
    await owner.told('open')
    const refused = log.openTask('app', IN)
    await expect(refused).rejects.toMatchObject({ code: 'OWNER_ALIVE', next: 'fenced' })
    await expect(refused).rejects.toThrow(new RegExp(`process ${owner.process.pid}\\b`))
    await owner.kill()
    const session = await log.openTask('app', IN)
    session.begin()
    await session.sendOffset({ offset: 1, metadata: '' })
    await session.end()
    expect(await session.committed()).toMatchObject({ offset: 1 })
  })

  test('SPEC X4: 20 kills at random instants lose nothing acknowledged and leave no half transaction', async () => {
    const instants = fc.sample(fc.integer({ min: 0, max: 120 }), 20)
    const acknowledged = new Map<number, string>()
    let producedHere = 0
    for (const [run, afterMs] of instants.entries()) {
      const child = start(directory, 'work')
      await child.told('committed')
      await child.told('appended')
      await new Promise((resolve) => setTimeout(resolve, afterMs)) // The instant is the random part.
      await child.kill()

      for (const { baseOffset, text } of child.of('appended')) acknowledged.set(baseOffset, text)
      // The new owner's first transaction settles what the killed one left open: stored as a whole, or not at all.
      const session = await log.openTask('app', IN)
      const offset = (await session.committed())?.offset ?? 0
      await session.close()
      const [first, second] = [
        await readAll({ topic: 'out', partition: 0 }),
        await readAll({ topic: 'out', partition: 1 }),
      ]
      // Transaction n wrote 1 + n % 7 records of text "n" to both partitions and moved the offset from n to n + 1.
      const expected = Array.from({ length: offset }, (_, n) => Array.from({ length: 1 + (n % 7) }, () => n)).flat()
      const at = `run ${run}, killed ${afterMs} ms after its first acknowledgements`
      expect(
        first.map(({ text }) => Number.parseInt(text, 10)),
        at,
      ).toEqual(expected)
      expect(
        second.map(({ text }) => Number.parseInt(text, 10)),
        at,
      ).toEqual(expected)
      expect(offset, at).toBeGreaterThanOrEqual(child.of('committed').at(-1)?.offset ?? 0)

      // The lock that the killed process may have held is free: this process writes.
      const producer = await log.openProducer(null)
      const { baseOffset } = await producer.append(batchOf(IN, [`parent ${run}`]), 0)
      acknowledged.set(baseOffset, `parent ${run}`)
      producedHere++
    }
    const records = await readAll(IN)
    const texts = records.map(({ text }) => text)
    expect(new Set(texts).size).toBe(texts.length)
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, i) => i))
    for (const [offset, text] of acknowledged) expect(texts[offset]).toBe(text)
    expect(acknowledged.size).toBeGreaterThan(producedHere * 2)
  }, 60_000)
})
