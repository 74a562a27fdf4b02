import { Command } from 'commander'
import { type CheckedCheckpoint, checkCheckpoints } from '../runtime/checkpoint-check.ts'
import { writeCheckpoints } from '../runtime/checkpoint-write.ts'
import { createRuntime } from '../runtime/session.ts'
import { bytesText, print, styled } from '../view/text.ts'
import { openLogSession } from './log-session.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

interface CheckpointOptions extends CommonOptions {
  readonly write?: boolean
  readonly kafka?: boolean
}

/** `sluice checkpoint` */
export function checkpointCommand(): Command {
  return new Command('checkpoint')
    .description('list the checkpoints and check every byte of them; exits 1 if a start would refuse one')
    .option('--write', 'first write one of each partition at its committed offset, whether the pipeline runs or not')
    .option('--kafka', 'those of a worker: its data folder, on the cluster that SLUICE_KAFKA_BOOTSTRAP names')
    .addHelpText(
      'after',
      '\nWriting folds the input from the last checkpoint on; it asks nothing of the process that decides.' +
        '\n\nExamples:\n  sluice checkpoint\n  sluice checkpoint --write\n  sluice checkpoint --json | jq .header.sections\n',
    )
    .action((_options, command: Command) => runCheckpoint(command.optsWithGlobals<CheckpointOptions>()))
}

async function runCheckpoint(options: CheckpointOptions): Promise<void> {
  const config = configOf(options)
  const session = await openLogSession(config, options)
  try {
    const processor = createRuntime(session)
    if (options.write) await writeCheckpoints(session, processor)
    const checked = await checkCheckpoints(session, processor)
    for (const one of checked) print(options.json ? JSON.stringify(one) : checkpointLine(one))
    if (checked.length === 0 && !options.json) print('no checkpoints; a start folds the log from its beginning')
    const refused = checked.filter(({ problem }) => problem !== null)
    if (refused.length > 0)
      throw new CommandError(`${refused.length} of ${checked.length} checkpoints would be refused`)
  } finally {
    await session.log.close()
  }
}

function checkpointLine({ name, bytes, header, problem }: CheckedCheckpoint): string {
  const time =
    header === null || header.streamTimeMs < 0 ? '' : `stream time ${new Date(header.streamTimeMs).toISOString()}`
  const verdict = problem === null ? styled('green', 'whole') : styled('red', problem)
  return `${name}  ${bytesText(bytes)}  ${time}  ${verdict}`
}
