import { Command } from 'commander'
import { type CheckedCheckpoint, checkCheckpoints } from '../runtime/checkpoint-check.ts'
import { createRuntime, openSession } from '../runtime/session.ts'
import { bytesText, print, styled } from '../view/text.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

/** `sluice checkpoint` */
export function checkpointCommand(): Command {
  return new Command('checkpoint')
    .description('list the checkpoints and check every byte of them; exits 1 if a start would refuse one')
    .addHelpText('after', '\nExamples:\n  sluice checkpoint\n  sluice checkpoint --json | jq .header.sections\n')
    .action((_options, command: Command) => runCheckpoint(command.optsWithGlobals<CommonOptions>()))
}

async function runCheckpoint(options: CommonOptions): Promise<void> {
  const session = await openSession(configOf(options))
  try {
    const checked = await checkCheckpoints(session, createRuntime(session))
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
