import { strict as assert } from 'node:assert'
import { fileURLToPath } from 'node:url'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { Random } from '../../../producers/simulator/random.ts'
import { CHECKPOINT_STEPS } from '../failpoint.ts'
import { auditCheckpoints } from './checkpoint-audit.ts'
import type { Row } from './row.ts'

const FAILPOINT = fileURLToPath(new URL('./checkpoint-failpoint.ts', import.meta.url))
const LONG_SESSION = { 'group.consumer.session.timeout.ms': '45000' }
/** The kill comes at one of so many checkpoints. */
const NTH_MAX = 20
const RATE = 1_000
const RESTORED_WITHIN_MS = 10_000
/** Of so many records, so that a restore has something to fold behind its checkpoint. */
const CHECKPOINTS = { SLUICE_CHECKPOINT_INTERVAL_MS: '500' }

export const killedInCheckpoints: Row = {
  row: 'F2',
  title:
    'kill -9 of the worker inside a checkpoint: begun, half written, before its rename, before the sync of its folder',
  expectation:
    'the old checkpoint stands or the new one, each the fold of the input; a start from it restores within 10 s',
  async run({ short, open, tell }, seed) {
    const stand = await open({ properties: LONG_SESSION })
    const random = new Random(`F2 ${seed}`)
    for (const step of Array.from({ length: short ? 1 : 3 }, () => CHECKPOINT_STEPS).flat()) {
      const worker = stand.worker('one', {
        env: {
          ...CHECKPOINTS,
          NODE_OPTIONS: `--import=${FAILPOINT}`,
          SLUICE_TEST_FAILPOINT: JSON.stringify({ step, nth: random.between(1, NTH_MAX) }),
        },
      })
      await stand.feed.sendWhile(RATE, async () => {
        const killed = worker.ended.then(() => stand.strike())
        await stand.until(`the worker is killed: ${step}`, () => !worker.running)
        await killed
      })
      assert.match(worker.stdout, new RegExp(`"fired","step":"${step}"`))
      const compared = await auditCheckpoints(stand)
      tell(`killed: ${step}; ${compared} checkpoints are folds of the input`)
      const next = stand.worker('one', { env: CHECKPOINTS })
      const url = await stand.healthOf(next)
      const startedMs = performance.now()
      await stand.until('all tasks process', async () => (await fetch(`${url}/health/ready`)).status === 200)
      await stand.owns(next, PARTITIONS)
      const tookMs = performance.now() - startedMs
      tell(`all tasks process ${(tookMs / 1_000).toFixed(1)} s after the start`)
      // Beside other work a machine may be slower; the whole form is run alone.
      if (!short) assert.ok(tookMs <= RESTORED_WITHIN_MS, `restored in ${tookMs} ms`)
      await stand.decided()
      await stand.leave(next)
    }
    assert.ok((await auditCheckpoints(stand)) >= PARTITIONS)
    await stand.audit()
  },
}
