/**
 * Loaded into a worker before its program (`node --import`): kills it with kill -9 at a step of a checkpoint or of its file's
 * way to the disk. SLUICE_TEST_FAILPOINT says where.
 */
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { Failpoint, type Fault } from '../failpoint.ts'
import { failAroundRename } from '../faulty-checkpoints.ts'

const failpoint = new Failpoint(JSON.parse(process.env['SLUICE_TEST_FAILPOINT'] ?? 'null') as Fault | null)
failAroundRename(failpoint)

const { open } = promises
promises.open = async (path, ...how) => {
  const file = await open(path, ...how)
  if (!String(path).endsWith('.unfinished')) return file
  failpoint.reached('snapshot-begun')
  const write = file.write.bind(file) as (...args: unknown[]) => Promise<never>
  let writes = 0
  file.write = async (...args: unknown[]) => {
    const written = await write(...args)
    if (++writes === 2) failpoint.reached('half-written')
    return written
  }
  return file
}
syncBuiltinESMExports()
