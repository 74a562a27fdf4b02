import { strict as assert } from 'node:assert'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { END_TXN } from '../kafka-proxy.ts'
import { auditCheckpoints } from './checkpoint-audit.ts'
import type { Row } from './row.ts'
import { partitionsOf } from './stand.ts'

const RATE = 1_000
const CHECKPOINTS = { SLUICE_CHECKPOINT_INTERVAL_RECORDS: '50', SLUICE_CHECKPOINT_INTERVAL_MS: '100' }
const REPLACED = /no member|does not know|aware of this member|old epoch|newer producer|somebody else owns/

/** The matrix has Redis and BigQuery here. Until those sinks are there, the write behind a commit is the checkpoint. */
export const lateWritesBehindCommits: Row = {
  row: 'F5',
  title:
    'SIGSTOP of a worker between its commit and what it writes behind it (a checkpoint); another works on; SIGCONT',
  expectation:
    'what it writes late is the fold of the input at its offset, so it changes nothing; its next transaction is refused',
  async run({ short, open, tell }) {
    const stand = await open()
    const one = stand.worker('one', { env: CHECKPOINTS })
    await stand.owns(one, PARTITIONS)
    const two = stand.worker('two', { env: CHECKPOINTS })
    await stand.owns(two, PARTITIONS / 2)
    await stand.owns(one, PARTITIONS / 2)
    await stand.feed.sendWhile(RATE, async () => {
      for (let n = 0; n < (short ? 1 : 4); n++) {
        let paused = false
        stand.answers(({ apiKey, clientId }) => {
          if (paused || apiKey !== END_TXN || clientId !== 'two') return 'arrives'
          paused = true
          two.kill('SIGSTOP')
          void stand.strike()
          return 'held'
        })
        await stand.until('it has committed', () => paused)
        const theirs = partitionsOf(two)
        await stand.owns(one, PARTITIONS)
        const before = await stand.committed()
        await stand.until('the new owner has committed', async () => {
          const now = await stand.committed()
          return theirs.every((partition) => (now[partition] ?? 0) > (before[partition] ?? 0))
        })
        const from = two.stderr.length
        stand.release()
        two.kill('SIGCONT')
        await stand.until('it is told that it was replaced', () => REPLACED.test(two.stderr.slice(from)))
        await stand.owns(two, PARTITIONS / 2)
        await stand.owns(one, PARTITIONS / 2)
      }
    })
    await stand.decided()
    await stand.leave(one, two)
    const compared = await auditCheckpoints(stand)
    assert.ok(compared >= PARTITIONS)
    tell(`${compared} checkpoints are folds of the input`)
    await stand.audit()
  },
}
