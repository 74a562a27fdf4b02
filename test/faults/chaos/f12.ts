import { strict as assert } from 'node:assert'
import { mkdirSync } from 'node:fs'
import { checkpointFolder } from '../../../bin/runtime/data-folder.ts'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { auditCheckpoints } from './checkpoint-audit.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const RATE = 1_000
const CHECKPOINTS = { SLUICE_CHECKPOINT_INTERVAL_MS: '500' }
/** A mount that this worker alone sees; a kill of this process ends it too. */
const ON_A_SMALL_DISK =
  'mkdir -p "$0" && mount -t tmpfs -o size=32k tmpfs "$0" && exec setpriv --pdeathsig KILL -- "$@"'
const NOT_WRITTEN = /was not written: ENOSPC/g

export const failingDisks: Row = {
  row: 'F12',
  title: 'the disk of the checkpoints is full; then each sync of their folder fails with EIO',
  expectation:
    'on a full disk decisions go on and each failure is told; after EIO nothing is trusted: the worker ends, and the next one decides the rest',
  async run({ open, tell }) {
    const stand = await open()
    await fullDisk(stand)
    tell('the disk was full')
    await failingSync(stand)
    tell('syncs failed')
    const worker = stand.worker('one')
    await stand.decided()
    await stand.leave(worker)
    assert.ok((await auditCheckpoints(stand)) >= PARTITIONS)
    await stand.audit()
  },
}

async function fullDisk(stand: Stand): Promise<void> {
  const under = ['unshare', '-rm', 'sh', '-c', ON_A_SMALL_DISK, checkpointFolder(stand.folder)]
  const worker = stand.worker('one', { under, env: CHECKPOINTS })
  await stand.owns(worker, PARTITIONS)
  await stand.feed.sendWhile(RATE, async () => {
    await worker.complains(NOT_WRITTEN)
    await stand.strike()
    const failed = () => worker.stderr.match(NOT_WRITTEN)?.length ?? 0
    const [before, decided] = [failed(), await stand.decidedTotal()]
    await stand.until('it has failed again', () => failed() > before)
    assert.ok((await stand.decidedTotal()) > decided, 'nothing was decided on a full disk')
  })
  await stand.decided()
  await stand.leave(worker)
}

async function failingSync(stand: Stand): Promise<void> {
  const folder = checkpointFolder(stand.folder)
  mkdirSync(folder, { recursive: true })
  // -D: the worker stays this process's own child, and strace stands beside it.
  const under = [
    'strace',
    '-D',
    '-fqqq',
    '-o',
    '/dev/null',
    '-P',
    folder,
    '-e',
    'trace=fsync',
    '-e',
    'inject=fsync:error=EIO',
  ]
  const worker = stand.worker('one', { under, env: CHECKPOINTS })
  await stand.feed.sendWhile(RATE, async () => {
    await worker.complains(/was not written: EIO/)
    void stand.strike()
    await stand.until('the worker has ended', () => !worker.running)
  })
  assert.equal(await worker.ended, 1)
}
