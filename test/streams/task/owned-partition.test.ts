import { expect, test } from 'vitest'
import type { PaymentStores } from '../../../processors/stores/payment-stores.ts'
import type { StreamsError } from '../../../streams/errors.ts'
import { OwnedPartition } from '../../../streams/task/owned-partition.ts'
import { Task } from '../../../streams/task/task.ts'
import { MemoryLog } from '../../../streams/testing/memory-log.ts'
import { createTestRuntime, OUTPUT_TOPICS, paymentRecord } from '../../support/payments-driver.ts'
import { TaskHarness } from './task-harness.ts'

test('owned partition: the task that follows a fenced one counts on, so that a scrape still sees the fence', async () => {
  const harness = new TaskHarness(createTestRuntime(), OUTPUT_TOPICS)
  const { broker, clock, input, processor } = harness
  const log = new MemoryLog(broker, clock)
  const fenced: StreamsError[] = []
  const owned = new OwnedPartition<PaymentStores>({
    warm: Promise.resolve(null),
    createTask: (_warm, counters) => {
      return new Task({
        applicationId: 'test',
        input,
        log,
        processor,
        checkpoints: harness.checkpointing(log),
        clock: { nowMs: () => clock.nowMs(), wait: (delayMs) => log.process.wait(delayMs) },
        fetchBytesMax: 1,
        fetchWaitMs: 10,
        retryBackoffMs: 5,
        counters,
      })
    },
    onFenced: (error) => fenced.push(error),
    clock: log.process,
    onFailed: (error) => {
      throw error
    },
  })
  harness.produce([paymentRecord({ transactionId: 'tx-0' })])
  await clock.run(harness.until(() => owned.task?.committedOffset === 1))
  const first = owned.task
  await clock.run(new MemoryLog(broker, clock).openTask('test', input))
  harness.produce([paymentRecord({ transactionId: 'tx-1' })])
  await clock.run(harness.until(() => owned.task !== first && owned.task?.committedOffset === 2))
  expect(fenced.map(({ next }) => next)).toEqual(['fenced'])
  const { counters } = owned.task as NonNullable<typeof owned.task>
  expect({ fenced: counters.fenced, processed: counters.processed, commits: counters.commits }).toEqual({
    fenced: 1,
    processed: 2,
    commits: 2,
  })
  await clock.run(owned.close())
})
