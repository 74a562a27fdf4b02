import { once } from 'node:events'
import { PortTakenError } from '../../platform/port-owner.ts'
import { listenForShutdown } from '../../platform/shutdown.ts'
import { currentProcess } from '../../streams/machine/process-birth.ts'
import { PartError } from '../part-error.ts'
import { PARTS, type PartName, type StartOptions } from './parts.ts'
import { removeRunningPart, writeRunningPart } from './running-part.ts'

// The process that keeps one part for `npm run stack`: `node keeper.ts PART OPTIONS`. It starts the part, tells the command
// that waits for it, and stays until SIGTERM, or until the part's processes have all ended. They end with it, however it ends.

/** What the keeper tells the command: nothing is wrong, or what is. */
export interface KeeperMessage {
  readonly problem: string | null
}

const [part, options] = process.argv.slice(2) as [PartName, string]
const shutdown = listenForShutdown()
// A command that is gone before the part is ready wants it no more.
const giveUp = () => process.exit(1)
process.once('disconnect', giveUp)

try {
  const { addresses, servers, folder, stop } = await PARTS[part].start(JSON.parse(options) as StartOptions)
  const pids = servers.map(({ pid }) => pid)
  writeRunningPart({ part, keeper: currentProcess(), addresses, pids, folder })
  process.off('disconnect', giveUp)
  tell({ problem: null })
  await Promise.race([once(shutdown.signal, 'abort'), Promise.all(servers.map(({ ended }) => ended))])
  await stop()
  removeRunningPart(part)
  process.exit()
} catch (error) {
  const expected = error instanceof PartError || error instanceof PortTakenError
  tell({ problem: expected ? (error as Error).message : ((error as Error).stack ?? String(error)) })
  process.exitCode = 1
}

function tell(message: KeeperMessage): void {
  process.off('disconnect', giveUp)
  process.send?.(message, () => process.connected && process.disconnect())
}
