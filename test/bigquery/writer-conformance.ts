import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import type { ChildMoments, ChildOrder } from './archive-child.ts'
import { batchOf, type Digests, digestsOf, expectedDigests, STREAM } from './archived-stream.ts'
import type { WriterModule } from './writer-target.ts'

const CHILD = new URL('archive-child.ts', import.meta.url).pathname
const RECORDS = 24
/** Kills spread over all moments of a run; the long form takes more. */
const KILLS = Number(process.env['SLUICE_TEST_ARCHIVE_KILLS'] ?? '0')
const KILLS_USUAL = 5

/** The contract of `ArchiveWriter`, for any that keeps it. */
export function writerConformance(name: string, module: WriterModule, killsUsual = KILLS_USUAL): void {
  const { openWriter } = module
  const kills = KILLS === 0 ? killsUsual : KILLS
  /** A run and its repetition take a second each, or some on a machine that does much else. */
  const killTestMs = 120_000 + kills * 60_000
  const root = mkdtempSync(join(tmpdir(), 'sluice-archive-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  describe(`${name} as an archive writer`, () => {
    test('SPEC B2: rows are what was appended, in every column of every table, once they are flushed', async () => {
      const settings = await module.create(root)
      const writer = await openWriter(settings)
      expect(await writer.begin(STREAM[0]!)).toBeNull()
      await writer.close()
      await append(await openWriter(settings), RECORDS)
      expect(await found(module, settings)).toEqual(expectedDigests(RECORDS))
    })

    test('SPEC B2: what was not flushed comes again, in other stretches, and stands once', async () => {
      const settings = await module.create(root)
      let writer = await openWriter(settings)
      for (const at of STREAM) {
        expect(await writer.begin(at)).toBeNull()
        await writer.append(batchOf(at, 0, 7))
      }
      await writer.flush()
      for (const at of STREAM) await writer.append(batchOf(at, 7, 20))
      await writer.close()
      writer = await openWriter(settings)
      for (const at of STREAM) {
        const from = await writer.begin(at)
        expect(from).toBeGreaterThanOrEqual(7)
        expect(from).toBeLessThanOrEqual(20)
        // Another cut than before, one record at a time.
        for (let offset = from!; offset < 23; offset++) await writer.append(batchOf(at, offset, offset + 1, Date.now()))
      }
      await writer.flush()
      await writer.close()
      expect(await found(module, settings)).toEqual(expectedDigests(23))
    })

    test('SPEC B2: after a rejection the writer is dead, and the next one goes on without a gap', async () => {
      const settings = await module.create(root)
      let writer = await openWriter(settings)
      const [at] = STREAM
      await writer.begin(at!)
      await writer.append(batchOf(at!, 0, 7))
      await expect(writer.append(batchOf(at!, 3, 5)), 'batches come in order').rejects.toThrow()
      await expect(writer.append(batchOf(at!, 7, 9))).rejects.toThrow()
      await expect(writer.flush()).rejects.toThrow()
      await writer.close()
      writer = await openWriter(settings)
      const from = (await writer.begin(at!)) ?? 0
      await writer.append(batchOf(at!, from, 12))
      await writer.flush()
      await writer.close()
      const rows = batchOf(at!, 0, 12).rows
      const expected = digestsOf((table) => rows.filter((one) => one.table === table).map(({ row }) => row))
      expect(await found(module, settings)).toEqual(expected)
    })

    test('SPEC B2: a stretch without rows moves the position', async () => {
      const settings = await module.create(root)
      let writer = await openWriter(settings)
      const [at] = STREAM
      await writer.begin(at!)
      await writer.append({ ...at!, from: 0, next: 5, rows: [] })
      await writer.flush()
      await writer.close()
      writer = await openWriter(settings)
      expect(await writer.begin(at!)).toBe(5)
      await writer.close()
    })

    test(
      `SPEC B2: killed with -9 at ${kills} moments of its work and started again, every row stands once`,
      async () => {
        const whole = { stretch: 6, flushEvery: 4, records: RECORDS, killAt: null }
        const measured = await runChild(module, await module.create(root), whole)
        const { opened, moments } = JSON.parse(measured.said) as ChildMoments
        expect(moments - opened).toBeGreaterThan(kills)
        const expected = expectedDigests(RECORDS)
        let killed = 0
        for (let kill = 1; kill <= kills; kill++) {
          const settings = await module.create(root)
          // One while the archive is made, the rest while it is written; one alone there.
          const part = kills === 1 ? 1 / 2 : (kill - 1) / kills
          const killAt = part === 0 ? opened >> 1 : opened + Math.floor((moments - opened) * part)
          const { signal } = await runChild(module, settings, { ...whole, killAt })
          if (signal === 'SIGKILL') killed++
          const again = await runChild(module, settings, { ...whole, stretch: 5, flushEvery: 3 })
          expect(again, `after a kill at ${killAt} of ${moments}`).toMatchObject({ code: 0 })
          expect(await found(module, settings), `after a kill at ${killAt} of ${moments}`).toEqual(expected)
        }
        expect(killed).toBe(kills)
        const rows = Object.values(expected).reduce((sum, table) => sum + table.rows, 0)
        process.stdout.write(`archive: ${killed} kills of ${moments} moments, ${rows} rows compared after each\n`)
      },
      killTestMs,
    )
  })
}

async function append(writer: Awaited<ReturnType<WriterModule['openWriter']>>, records: number): Promise<void> {
  for (const at of STREAM) {
    await writer.begin(at)
    await writer.append(batchOf(at, 0, records))
  }
  await writer.flush()
  await writer.close()
}

async function found(module: WriterModule, settings: string): Promise<Digests> {
  const rows = await module.readRows(settings)
  return digestsOf((table) => rows.get(table) ?? [])
}

async function runChild({ path }: WriterModule, settings: string, given: Omit<ChildOrder, 'module' | 'settings'>) {
  const order: ChildOrder = { module: path, settings, ...given }
  const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const said = await text(child.stdout)
  return { ...(await ended), said: said.trim() }
}
