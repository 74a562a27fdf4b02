import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../../streams/embedded/embedded-log.ts'
import { describeLog } from '../log/log-conformance.ts'

describeLog({
  name: 'the embedded log',
  secondOwner: 'is refused',
  producers: 'keep names and know repeats',
  open: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-log-'))
    const log = await openEmbeddedLog({ directory, clock: { nowMs: () => Date.now() } })
    return {
      log,
      dispose: async () => {
        await log.close()
        rmSync(directory, { recursive: true })
      },
    }
  },
})
