import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkpointFolder } from '../../bin/runtime/data-folder.ts'
import { dropOldRecords } from '../../bin/runtime/retention-loop.ts'
import { APPLICATION_ID, INPUT_TOPIC, openWritingSession } from '../../bin/runtime/session.ts'
import { checkpointName } from '../../streams/state/checkpoint-store.ts'
import { encodeRecords } from '../../streams/testing/plain-records.ts'
import { testConfig } from './decided-folder.ts'
import { temporaryFolder } from './sluice-process.ts'

// Goal: retention keeps the input that a restart needs, and no more than that.
const AT = { topic: INPUT_TOPIC, partition: 0 }
const COMMITTED = 17
const A_YEAR_MS = 365 * 86_400_000

test.each([
  { why: 'none, so that a fold of all is the only way', checkpoints: [], startOffset: 0 },
  { why: 'the first', checkpoints: [12], startOffset: 12 },
  { why: 'two, of which the older may be needed', checkpoints: [12, 17], startOffset: 12 },
  { why: 'one that was refused between two', checkpoints: [3, 12, 17], startOffset: 3 },
  { why: 'one, and two of a history that was lost', checkpoints: [5, 18, 19], startOffset: 5 },
  { why: 'two of a history that was lost', checkpoints: [18, 19], startOffset: 0 },
])('SPEC X4: of an old log this stays with checkpoints: $why', async ({ checkpoints, startOffset }) => {
  const config = testConfig(temporaryFolder())
  const session = await openWritingSession(config)
  try {
    for (let sent = 0; sent < 20; sent++) {
      const [batch] = encodeRecords([{ key: Buffer.from('k'), value: Buffer.from('v') }])
      await session.appendTogether([{ ...AT, ...batch! }])
    }
    const task = await session.log.openTask(APPLICATION_ID, AT)
    task.begin()
    await task.sendOffset({ offset: COMMITTED, metadata: '' })
    await task.end()
    await task.close()
    const folder = checkpointFolder(config.dataFolder)
    mkdirSync(folder, { recursive: true })
    for (const nextOffset of checkpoints) writeFileSync(join(folder, checkpointName(INPUT_TOPIC, 0, nextOffset)), '')
    await dropOldRecords(session, Date.now() + A_YEAR_MS)
    expect(await session.log.bounds(AT)).toEqual({ startOffset, endOffset: 20 })
  } finally {
    await session.log.close()
  }
})
