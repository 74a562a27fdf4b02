import { expect, test } from 'vitest'
import type { CheckpointedStore } from '../../../streams/state/section.ts'
import { Checkpointing } from '../../../streams/task/checkpointing.ts'
import { NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { MemoryCheckpoints } from '../../../streams/testing/memory-checkpoints.ts'
import { SimulatedProcess } from '../../../streams/testing/simulated-process.ts'
import { sensorHarness } from './task-harness.ts'

/** A store of so many bytes. */
function storeOf(byteLength: number): CheckpointedStore {
  const state = new Uint8Array(byteLength)
  return {
    name: 'weight',
    layout: 'zeros',
    snapshot: () => {
      let given = false
      return {
        byteLength,
        next: () => {
          if (given || byteLength === 0) return null
          given = true
          return state
        },
        release: () => {},
      }
    },
    restore: (reader) => reader.read(state),
  }
}

function checkpointing(byteLength: number, intervalMs = Number.POSITIVE_INFINITY) {
  const { processor, input } = sensorHarness()
  const clock = { ms: 0, nowMs: () => clock.ms, wait: async () => {} }
  const disk = new MemoryCheckpoints().of(new SimulatedProcess(clock, NO_FAULTS))
  const create = () => processor.topology.createStores(0)
  const open = () =>
    new Checkpointing({
      files: disk,
      identity: { topology: 'test', semanticsVersion: 1, ...input, stateKeyId: 'test', createdBy: 'test' },
      create,
      sections: () => [storeOf(byteLength)],
      clock,
      intervalMs,
      intervalRecords: 100,
    })
  return { clock, open, stores: create() }
}

const WEIGHTS = [
  { bytes: 0, records: 100, why: 'an empty one' },
  { bytes: 10_000_000, records: 100, why: 'the largest that counts as light' },
  { bytes: 25_000_000, records: 250, why: 'two and a half times that' },
]
test.each(WEIGHTS)(
  'checkpoint due: after $records records behind one of $bytes bytes, whether written or restored ($why)',
  async ({ bytes, records }) => {
    const { open, stores } = checkpointing(bytes)
    const writer = open()
    expect([writer.due(99), writer.due(100)], 'nothing has told yet what one takes').toEqual([false, true])
    writer.begin(stores, 100)
    await writer.settled()
    expect([writer.due(100 + records - 1), writer.due(100 + records)]).toEqual([false, true])

    const next = open()
    const { state } = await next.restore({ bounds: { startOffset: 0, endOffset: 900 }, committedOffset: 900 })
    expect(state?.offset).toBe(100)
    expect([next.due(100 + records - 1), next.due(100 + records)]).toEqual([false, true])
  },
)

test('checkpoint due: after the interval of time, whatever it takes', async () => {
  const { clock, open, stores } = checkpointing(25_000_000, 10_000)
  const checkpoints = open()
  checkpoints.begin(stores, 100)
  await checkpoints.settled()
  clock.ms = 9_999
  expect(checkpoints.due(101)).toBe(false)
  clock.ms = 10_000
  expect(checkpoints.due(101)).toBe(true)
})
