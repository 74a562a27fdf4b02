import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamsError } from '../../../streams/errors.ts'
import { headerLength, PREFIX_BYTES } from '../../../streams/state/checkpoint-header.ts'
import { type CheckpointSource, checkpointName } from '../../../streams/state/checkpoint-store.ts'
import { MemoryCheckpoints, PLACE } from './support.ts'
import { digestAfter, TaskState } from './task-state.ts'

// Goal: a checkpoint with anything wrong is refused with a reason, and the one before it is used instead.
// Method: two checkpoints; the newer one is damaged in every byte, cut at every length, and misnamed.

const OLDER = checkpointName(PLACE.topic, PLACE.partition, 20)
const NEWER = checkpointName(PLACE.topic, PLACE.partition, 30)

async function twoCheckpoints(scale = 1, older = 20): Promise<MemoryCheckpoints> {
  const files = new MemoryCheckpoints()
  const state = new TaskState(files)
  state.fold(0, older * scale, 4 * scale)
  await state.checkpoints.begin({ nextOffset: 20, streamTimeMs: 200 * scale }).write()
  state.fold(older * scale, 30 * scale, 4 * scale)
  await state.checkpoints.begin({ nextOffset: 30, streamTimeMs: 300 * scale }).write()
  return files
}

async function loadWith(files: MemoryCheckpoints, newer: Uint8Array) {
  const damaged = new MemoryCheckpoints()
  damaged.files.set(OLDER, files.files.get(OLDER)!)
  damaged.files.set(NEWER, newer)
  const state = new TaskState(damaged)
  return { state, loaded: await state.checkpoints.load() }
}

async function expectRefused(files: MemoryCheckpoints, newer: Uint8Array): Promise<string> {
  const { loaded } = await loadWith(files, newer)
  expect(loaded.header?.nextOffset).toBe(20)
  expect(loaded.refused.map(({ name }) => name)).toEqual([NEWER])
  return loaded.refused[0]!.reason
}

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = bytes.slice()
  copy[at]! ^= mask
  return copy
}

test('SPEC X4: flipped in any byte it is refused, and the older one is used', async () => {
  // The older one is empty here, because it is loaded thousands of times.
  const files = await twoCheckpoints(1, 0)
  const bytes = files.files.get(NEWER)!
  const reasons = new Set<string>()
  for (let at = 0; at < bytes.length; at++) {
    const reason = await expectRefused(files, flipped(bytes, at, 1 << (at & 7)))
    reasons.add(reason.replace(/\d+/g, 'N'))
  }
  expect([...reasons].sort()).toEqual([
    'a header of N bytes is too long',
    'format version N; this program reads N',
    'it does not begin as a checkpoint (magic)',
    'it is cut off at byte N, within the header',
    'section dedup is damaged (CRC-NC)',
    'section globals is damaged (CRC-NC)',
    'section senders is damaged (CRC-NC)',
    'the header is damaged (CRC-NC)',
    'the whole is damaged (CRC-NC)',
  ])
})

test('SPEC X4: cut off at any length, or with a byte more, it is refused', async () => {
  // The older one is empty here, because it is loaded thousands of times.
  const files = await twoCheckpoints(1, 0)
  const bytes = files.files.get(NEWER)!
  for (let length = 0; length < bytes.length; length++) {
    expect(await expectRefused(files, bytes.slice(0, length))).toMatch(/cut off|bytes, \d+ expected/)
  }
  const longer = new Uint8Array(bytes.length + 1)
  longer.set(bytes)
  expect(await expectRefused(files, longer)).toMatch(/bytes, \d+ expected/)
})

test('SPEC X4: a large one flipped anywhere is refused', async () => {
  const files = await twoCheckpoints(2_000)
  const bytes = files.files.get(NEWER)!
  expect(bytes.length).toBeGreaterThan(2_000_000)
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      await expectRefused(files, flipped(bytes, at, mask))
    }),
    { numRuns: 40 },
  )
})

test('SPEC X4: under another name than its own offset it is refused', async () => {
  const files = await twoCheckpoints()
  expect(await expectRefused(files, files.files.get(OLDER)!)).toBe('its name says offset 30, its header 20')
})

test('SPEC X4: after a refusal the fold goes on from the older one to the same state', async () => {
  const files = await twoCheckpoints()
  const { state } = await loadWith(files, flipped(files.files.get(NEWER)!, 500, 1))
  state.fold(20, 30, 4)
  const direct = new TaskState(files)
  direct.fold(0, 30, 4)
  expect(state.digest(300)).toBe(direct.digest(300))
})

test('SPEC X4: when both are damaged, nothing is believed and each reason is given', async () => {
  const files = await twoCheckpoints()
  for (const [name, bytes] of files.files) files.files.set(name, flipped(bytes, bytes.length - 1, 1))
  const state = new TaskState(files)
  const loaded = await state.checkpoints.load()
  expect(loaded.header).toBe(null)
  expect(loaded.refused.map(({ name }) => name)).toEqual([NEWER, OLDER])
  expect(state.digest(0)).toBe(digestAfter(0, files))
  state.fold(0, 10)
})

test('SPEC X4: a refused one is left where it is until two newer ones stand', async () => {
  const files = await twoCheckpoints()
  files.files.set(NEWER, flipped(files.files.get(NEWER)!, 500, 1))
  const state = new TaskState(files)
  await state.checkpoints.load()
  const kept: number[][] = []
  for (const nextOffset of [40, 50, 60]) {
    await state.checkpoints.begin({ nextOffset, streamTimeMs: 300 }).write()
    const entries = await files.list(PLACE.topic, PLACE.partition)
    kept.push(entries.map((entry) => entry.nextOffset))
  }
  // Beside the two of which each is enough; and the log behind the oldest of all three is kept meanwhile.
  expect(kept).toEqual([
    [40, 30, 20],
    [50, 40],
    [60, 50],
  ])
})

test('SPEC X4: one that was refused and is written again counts as any other', async () => {
  const files = await twoCheckpoints()
  files.files.set(NEWER, flipped(files.files.get(NEWER)!, 500, 1))
  const state = new TaskState(files)
  await state.checkpoints.load()
  for (const nextOffset of [30, 40, 50]) await state.checkpoints.begin({ nextOffset, streamTimeMs: 300 }).write()
  const entries = await files.list(PLACE.topic, PLACE.partition)
  expect(entries.map((entry) => entry.nextOffset)).toEqual([50, 40])
})

test('SPEC X4: bytes that are others than those that were verified abort the start, whichever they are, and are no bug of ours', async () => {
  const files = await twoCheckpoints(1, 0)
  const bytes = files.files.get(NEWER)!
  const from = headerLength(bytes.subarray(0, PREFIX_BYTES))
  const ended = new Map<string, number>()
  for (let at = from; at < bytes.length - 4; at++) {
    const state = new TaskState(new ChangingCheckpoint(bytes, at))
    const how = await state.checkpoints.load().then(
      () => 'believed',
      ({ code, next }: StreamsError) => `${code} ${next}`,
    )
    ended.set(how, (ended.get(how) ?? 0) + 1)
  }
  expect([...ended.keys()].filter((how) => how !== 'believed')).toEqual(['CHECKPOINT_CHANGED abort'])
  expect(ended.get('CHECKPOINT_CHANGED abort')).toBeGreaterThan(bytes.length / 2)
})

/** One file, a byte of which is another one from the second reading on. */
class ChangingCheckpoint extends MemoryCheckpoints {
  private readonly changing: number
  private readings = 0

  constructor(bytes: Uint8Array, changing: number) {
    super()
    this.files.set(NEWER, bytes)
    this.changing = changing
  }

  override async open(name: string): Promise<CheckpointSource> {
    const source = await super.open(name)
    const { changing } = this
    return {
      ...source,
      byteLength: source.byteLength,
      close: () => source.close(),
      read: async (position, target) => {
        await source.read(position, target)
        const isThere = changing >= position && changing < position + target.length
        if (isThere && this.readings++ > 0) target[changing - position]! ^= 1
      },
    }
  }
}
