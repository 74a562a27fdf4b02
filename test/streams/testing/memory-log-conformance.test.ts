import { setTimeout } from 'node:timers/promises'
import { MemoryBroker } from '../../../streams/testing/memory-broker.ts'
import { MemoryLog } from '../../../streams/testing/memory-log.ts'
import { describeLog } from '../log/log-conformance.ts'

const clock = { nowMs: () => Date.now(), wait: (delayMs: number) => setTimeout(delayMs) }

describeLog({
  name: 'the log in memory',
  secondOwner: 'fences the first',
  producers: 'keep names and know repeats',
  open: async () => {
    const log = new MemoryLog(new MemoryBroker(clock), clock)
    return { log, dispose: () => log.close() }
  },
})
