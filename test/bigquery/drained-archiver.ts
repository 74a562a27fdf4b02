import type { Archiver } from '../../bigquery/archiver.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'

/** Runs an archiver until it has everything that is committed, and drains it. */
export async function drainArchiver(archiver: Archiver): Promise<void> {
  const end = new AbortController()
  const run = archiver.run(end.signal)
  const hasAll = async () => {
    const lags = await archiver.lags()
    return lags.length > 0 && lags.every(({ records }) => records === 0)
  }
  while (archiver.state !== 'ENDED' && !(await hasAll())) await machineTime.wait(20)
  end.abort()
  await run
}
