import { auditSchemaId } from '../../bin/runtime/board/audit-log.ts'
import { readTrail } from '../../bin/runtime/board/audit-trail.ts'
import { openSession } from '../../bin/runtime/session.ts'
import type { ActView } from '../../dashboards/board/views.ts'
import { testConfig } from './decided-folder.ts'

/** What the audit of a data folder has of people's acts, the oldest first. */
export async function auditedActs(folder: string): Promise<ActView[]> {
  const session = await openSession(testConfig(folder))
  const trail = await readTrail(session.log, await auditSchemaId(session.registry))
  await session.log.close()
  return trail.acts().toReversed()
}
