import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { StreamsError } from '../errors.ts'
import { drainOnSignals } from '../machine/drain-on-signals.ts'
import { machineTime } from '../machine/machine-time.ts'
import { type Application, CHECKPOINT_INTERVALS, startApplication } from '../plain/application.ts'
import type { ProcessorTopology } from '../plain/processor-topology.ts'
import { CheckpointFolder } from '../state/checkpoint-folder.ts'
import { openEmbeddedLog } from './embedded-log.ts'

/** Where and how a topology runs on one machine. */
export interface RunSettings {
  /** Log and checkpoints; made when missing. Several topologies may share it, and its topics. */
  readonly directory: string
  /** Bytes that the log may take, half for what producers write and half for what tasks write; 32 GiB. At the bound it stops. */
  readonly bytesMax?: number
  /** A task writes a checkpoint after so long, if anything happened: 10,000 ms. */
  readonly checkpointIntervalMs?: number
  /** Whether Ctrl-C and SIGTERM drain the application before they end the process; true. */
  readonly handleSignals?: boolean
  /** Told of errors that a task survives; a process warning. */
  readonly onError?: (error: StreamsError) => void
}

/**
 * Runs a topology on one machine, on a log in a folder: what is acknowledged is on the disk, and a restart after
 * kill -9 goes on where the last commit ended. Other processes may send to the same folder; a task has one owner at a time.
 *
 * @throws StreamsError (stop) when the folder is of another format, or a topic has another number of partitions.
 */
export async function run(topology: ProcessorTopology, settings: RunSettings): Promise<Application> {
  const { directory, bytesMax, checkpointIntervalMs, onError = warn } = settings
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const bounds = bytesMax === undefined ? {} : { bytesMax }
  const log = await openEmbeddedLog({ directory: join(directory, 'log'), clock: machineTime, ...bounds })
  let release = () => {}
  try {
    const application = await startApplication(topology, {
      log,
      checkpoints: new CheckpointFolder(join(directory, 'checkpoints', topology.name)),
      clock: machineTime,
      logIdOf: async () => log.stat().folderId,
      ...CHECKPOINT_INTERVALS,
      ...(checkpointIntervalMs !== undefined && { checkpointIntervalMs }),
      onSurvived: onError,
      close: () => {
        release()
        return log.close()
      },
    })
    if (settings.handleSignals ?? true) release = drainOnSignals(application)
    return application
  } catch (error) {
    await log.close()
    throw error
  }
}

function warn(error: StreamsError): void {
  process.emitWarning(error)
}
