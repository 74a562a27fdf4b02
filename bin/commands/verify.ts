import { Command } from 'commander'
import type { Log } from '../../streams/log/log.ts'
import { createRuntime, PARTITIONS, type Session } from '../runtime/session.ts'
import { type PartitionVerdict, verifyPartition } from '../runtime/verification.ts'
import { ProgressLine } from '../view/progress-line.ts'
import { grouped, print, styled } from '../view/text.ts'
import { openLogSession } from './log-session.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

interface VerifyOptions extends CommonOptions {
  readonly kafka?: boolean
}

/** `sluice verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('recompute everything from the log and compare it byte for byte; exits 1 on any difference')
    .option('--kafka', 'verify the cluster that SLUICE_KAFKA_BOOTSTRAP names, with the keys of a worker’s data folder')
    .addHelpText(
      'after',
      '\nWorks while `sluice up` runs: what is committed when a partition is looked at is compared. It proves that the log replays;' +
        '\nthat the decisions are right is what test/oracle proves.\n\nExamples:\n  sluice verify\n  sluice verify --data data/fdh --json\n',
    )
    .action((_options, command: Command) => runVerify(command.optsWithGlobals<VerifyOptions>()))
}

async function runVerify(options: VerifyOptions): Promise<void> {
  const config = configOf(options)
  const session: Session<Log> = await openLogSession(config, options)
  const progress = new ProgressLine(options.json !== true)
  try {
    const verdicts = await verifyAll(session, progress)
    progress.end()
    report(verdicts, options.json === true)
    const problem = problemOf(verdicts)
    if (problem !== null) throw new CommandError(problem)
  } finally {
    progress.end()
    await session.log.close()
  }
}

async function verifyAll(session: Session<Log>, progress: ProgressLine): Promise<PartitionVerdict[]> {
  const processor = createRuntime(session)
  const verdicts: PartitionVerdict[] = []
  let done = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    verdicts.push(
      await verifyPartition(session, processor, partition, (records) => {
        done += records
        progress.show(
          () => `partition ${partition}: ${grouped(done)} inputs recomputed, ${grouped(progress.perSecond(done))}/s`,
        )
      }),
    )
  }
  return verdicts
}

function report(verdicts: readonly PartitionVerdict[], json: boolean): void {
  if (json) {
    for (const verdict of verdicts) print(JSON.stringify(verdict))
    return
  }
  for (const {
    partition,
    from,
    inputs: records,
    waiting,
    dispositions,
    compared,
    notRetained,
    differences,
  } of verdicts) {
    const kinds = Object.entries(dispositions).filter(([, count]) => count > 0)
    const inputs = from === 0 ? grouped(records) : `${grouped(records)} (from offset ${from})`
    const parts = [
      `partition ${String(partition).padStart(2)}: inputs ${inputs}`,
      kinds.map(([name, count]) => `${name} ${grouped(count)}`).join(', ') || 'none',
      `outputs compared ${grouped(compared)}`,
      ...(notRetained > 0 ? [`no longer retained ${grouped(notRetained)}`] : []),
      ...(waiting > 0 ? [`waiting ${grouped(waiting)}`] : []),
      differences.length === 0 ? styled('green', 'equal') : styled('red', 'DIFFERENT'),
    ]
    print(parts.join('; '))
    for (const difference of differences) print(`    ${difference}`)
  }
  const sum = (read: (verdict: PartitionVerdict) => number) => verdicts.reduce((total, one) => total + read(one), 0)
  print(
    `${grouped(sum(({ inputs }) => inputs))} inputs, one disposition each; ` +
      `${grouped(sum(({ compared }) => compared))} outputs compared`,
  )
}

function problemOf(verdicts: readonly PartitionVerdict[]): string | null {
  const different = verdicts.filter(({ differences }) => differences.length > 0)
  if (different.length > 0) {
    return `the log differs from what its input gives in partition ${different.map(({ partition }) => partition).join(', ')}`
  }
  if (verdicts.every(({ inputs }) => inputs === 0)) return 'nothing to verify: the log holds no decided input'
  return null
}
