import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { CheckpointFolder } from '../../../streams/state/checkpoint-folder.ts'
import type { CheckpointIdentity } from '../../../streams/state/checkpoint-header.ts'
import { checkpointName } from '../../../streams/state/checkpoint-store.ts'
import { IDENTITY, MemoryCheckpoints, PLACE, SETTING } from './support.ts'
import { digestAfter, TaskState } from './task-state.ts'

// Goal: a checkpoint is the committed state at one offset, whatever the task did while it was written (SPEC X4).
// Method: a small task state folds ids in order; digests compare it with one that folded exactly so many.

const folders: string[] = []
async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-checkpoint-'))
  folders.push(path)
  return path
}
afterEach(async () => {
  for (const path of folders.splice(0)) await rm(path, { recursive: true })
})

test('SPEC X4: a state comes back from the folder as it was, and goes on', async () => {
  const folder = new CheckpointFolder(join(await temporaryFolder(), 'made', 'on', 'demand'))
  const state = new TaskState(folder)
  state.fold(0, 100_000)
  await state.checkpoints.begin({ nextOffset: 100_000, streamTimeMs: 1_000_000 }).write()

  const next = new TaskState(folder)
  const { header, refused } = await next.checkpoints.load()
  expect(header).toMatchObject({ ...IDENTITY, nextOffset: 100_000, streamTimeMs: 1_000_000 })
  expect(refused).toEqual([])
  expect(next.digest(1_000_000)).toBe(state.digest(1_000_000))
  next.fold(100_000, 120_000)
  expect(next.digest(1_200_000)).toBe(digestAfter(120_000, folder))
})

test('SPEC X4: nothing was ever written: no header, nothing refused', async () => {
  const folder = new CheckpointFolder(join(await temporaryFolder(), 'absent'))
  expect(await new TaskState(folder).checkpoints.load()).toEqual({ header: null, refused: [] })
})

test('SPEC X4: a checkpoint is the state at its beginning, while writes, drops and sweeps go on', async () => {
  const files = new MemoryCheckpoints()
  const state = new TaskState(files)
  state.fold(0, 200_000, 20_000)
  const expected = state.digest(2_000_000)
  const pending = state.checkpoints.begin({ nextOffset: 200_000, streamTimeMs: 2_000_000 })

  // Before the first slice: a batch that is dropped, a merged one, rows removed and taken again, ids swept in chunks.
  state.set.open()
  state.fold(200_000, 210_000, 20_000)
  state.set.dropAll()
  const writing = pending.write()
  for (let batch = 0; batch < 20; batch++) {
    await new Promise(setImmediate)
    state.set.open()
    state.fold(200_000 + batch * 5_000, 205_000 + batch * 5_000, 20_000)
    state.senders.sweep(500, (row) => row % 2 === 0)
    if (batch === 10) state.set.dropAll()
    else {
      state.set.seal()
      state.set.mergeOldest()
    }
    state.dedup.expire(5_600_000, 100_000)
  }
  expect(state.dedup.size).toBeLessThan(110_000)
  await writing

  const next = new TaskState(files)
  expect(await next.checkpoints.load()).toMatchObject({ header: { nextOffset: 200_000 } })
  expect(next.digest(2_000_000)).toBe(expected)
})

test('SPEC X2: a checkpoint never begins within an overlay, nor within another', async () => {
  const state = new TaskState(new MemoryCheckpoints())
  state.fold(0, 10)
  const position = { nextOffset: 10, streamTimeMs: 100 }
  state.set.open()
  expect(() => state.checkpoints.begin(position)).toThrow('within an overlay')
  state.set.dropAll()
  const pending = state.checkpoints.begin(position)
  expect(() => state.checkpoints.begin(position)).toThrow('still being written')
  pending.discard()
  await state.checkpoints.begin(position).write()
})

test('SPEC D3: full at the bound, the partition goes on after a start with a larger one', async () => {
  const files = new MemoryCheckpoints()
  const small = new TaskState(files, IDENTITY, 1_000)
  small.fold(0, 1_000)
  await small.checkpoints.begin({ nextOffset: 1_000, streamTimeMs: 10_000 }).write()
  small.set.open()
  expect(() => small.fold(1_000, 1_001)).toThrow(`${SETTING} = 1000`)
  small.set.dropAll()

  const same = new TaskState(files, IDENTITY, 1_000)
  await same.checkpoints.load()
  expect(() => same.fold(1_000, 1_001)).toThrow(`${SETTING} = 1000`)

  const larger = new TaskState(files, IDENTITY, 2_000)
  await larger.checkpoints.load()
  larger.fold(1_000, 1_500)
  expect(larger.digest(15_000)).toBe(digestAfter(1_500, files))
})

async function writeAt(state: TaskState, from: number, to: number): Promise<void> {
  state.fold(from, to)
  await state.checkpoints.begin({ nextOffset: to, streamTimeMs: to * 10 }).write()
}

test('SPEC X4: two are kept, of this partition only', async () => {
  const path = await temporaryFolder()
  await writeFile(join(path, checkpointName(PLACE.topic, 33, 5)), 'another partition')
  const state = new TaskState(new CheckpointFolder(path))
  for (let to = 10; to <= 50; to += 10) await writeAt(state, to - 10, to)
  const names = [checkpointName(PLACE.topic, 3, 40), checkpointName(PLACE.topic, 3, 50)]
  expect((await readdir(path)).sort()).toEqual([...names, checkpointName(PLACE.topic, 33, 5)])
})

test('SPEC X4: two are kept also when the first writer of them left its state to another', async () => {
  const path = await temporaryFolder()
  const before = new TaskState(new CheckpointFolder(path))
  for (let to = 10; to <= 30; to += 10) await writeAt(before, to - 10, to)
  // As a standby that was warm: it has looked at no checkpoint.
  const next = new TaskState(new CheckpointFolder(path))
  await writeAt(next, 30, 40)
  expect((await readdir(path)).sort()).toEqual([30, 40].map((offset) => checkpointName(PLACE.topic, 3, offset)))
})

// The owner's own, and that of `sluice checkpoint`, which writes beside it.
test.each(['.unfinished', '.asked-for'])(
  'SPEC X4: what a killed writer left behind is not read, and the next writer takes it away: %s',
  async (ending) => {
    const path = await temporaryFolder()
    const state = new TaskState(new CheckpointFolder(path, ending))
    await writeAt(state, 0, 10)
    const [whole] = await readdir(path)
    const left = `${checkpointName(PLACE.topic, 3, 20)}${ending}`
    const other = `${checkpointName(PLACE.topic, 33, 20)}${ending}`
    for (const name of [left, other]) await writeFile(join(path, name), 'cut off')
    expect(await new TaskState(new CheckpointFolder(path)).checkpoints.load()).toMatchObject({
      header: { nextOffset: 10 },
      refused: [],
    })
    await writeAt(state, 10, 30)
    expect((await readdir(path)).sort()).toEqual([whole, checkpointName(PLACE.topic, 3, 30), other])
  },
)

test('SPEC X4: a failed write leaves the earlier checkpoint and the state, and says so', async () => {
  const path = await temporaryFolder()
  const state = new TaskState(new CheckpointFolder(join(path, 'checkpoints')))
  await writeAt(state, 0, 10)
  await rm(join(path, 'checkpoints'), { recursive: true })
  await writeFile(join(path, 'checkpoints'), 'a file where the folder should be')
  state.fold(10, 20)
  const failing = state.checkpoints.begin({ nextOffset: 20, streamTimeMs: 200 }).write()
  await expect(failing).rejects.toMatchObject({ code: 'CHECKPOINT_FAILED', next: 'retry', place: PLACE })
  await rm(join(path, 'checkpoints'))
  await writeAt(state, 20, 30)
  const next = new TaskState(new CheckpointFolder(join(path, 'checkpoints')))
  await next.checkpoints.load()
  expect(next.digest(300)).toBe(digestAfter(30, new MemoryCheckpoints()))
})

test.each([
  { why: 'another topology', identity: { topology: 'other' }, reason: 'topology is payments, expected other' },
  { why: 'other semantics', identity: { semanticsVersion: 2 }, reason: 'semanticsVersion is 1, expected 2' },
  { why: 'another topic', identity: { topic: 'other' }, reason: 'topic is payments.submitted, expected other' },
  { why: 'another partition', identity: { partition: 4 }, reason: 'partition is 3, expected 4' },
  { why: 'another state key', identity: { stateKeyId: 'k2' }, reason: 'stateKeyId is k1, expected k2' },
])('SPEC X4: the checkpoint of $why is refused by name', async ({ identity, reason }) => {
  const files = new MemoryCheckpoints()
  await writeAt(new TaskState(files), 0, 10)
  const expected: CheckpointIdentity = { ...IDENTITY, ...identity }
  const [bytes] = files.files.values()
  const name = checkpointName(expected.topic, expected.partition, 10)
  files.files.clear()
  files.files.set(name, bytes!)
  const loaded = await new TaskState(files, expected).checkpoints.load()
  expect(loaded.header).toBe(null)
  expect(loaded.refused).toEqual([{ name, reason: expect.stringContaining(reason) }])
})

test('SPEC X4: written by another program of the same semantics, it is read', async () => {
  const files = new MemoryCheckpoints()
  await writeAt(new TaskState(files), 0, 10)
  const loaded = await new TaskState(files, { ...IDENTITY, createdBy: 'a later one' }).checkpoints.load()
  expect(loaded.header).toMatchObject({ createdBy: 'test', nextOffset: 10 })
})
