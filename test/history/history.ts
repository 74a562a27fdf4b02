import { Command, InvalidArgumentError } from 'commander'
import { FAULTS } from './faults.ts'
import { runHistory } from './run.ts'

/** `npm run history`: the history test of the confirm API in its long form. */
const program = new Command('npm run history --')
  .description(
    'Kills and cuts off the confirm API, its worker and, on a cluster, the broker, under 32 clients, and judges what they were told.',
  )
  .option('--minutes <n>', 'how long faults go on', positive, 5)
  .option('--seed <text>', 'the same seed makes the same clients and the same plan of faults', '42')
  .option('--clients <n>', 'how many pay at one time', positive, 32)
  .option('--kafka', 'on a real broker with a real Redis, which are struck as well')
  .addHelpText(
    'after',
    `\nFaults:\n${Object.entries(FAULTS)
      .map(([name, what]) => `  ${name.padEnd(7)} ${what}`)
      .join('\n')}\n\nExits 1 when a law does not hold or compared nothing, or when a fault struck nothing under way.` +
      '\n\nExamples:\n  npm run history -- --minutes 5\n  npm run history -- --minutes 10 --kafka --seed 7\n',
  )
  .action(run)

async function run(options: { minutes: number; seed: string; clients: number; kafka?: boolean }): Promise<void> {
  const { minutes, seed, clients, kafka: isCluster = false } = options
  const startedMs = performance.now()
  const say = (line: string) => {
    process.stdout.write(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`)
  }
  const { problems } = await runHistory({ seconds: minutes * 60, seed, clients, isCluster, say })
  for (const problem of problems) say(`PROBLEM ${problem}`)
  say(problems.length === 0 ? 'every law holds' : 'FAILED')
  if (problems.length > 0) process.exitCode = 1
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0')
  return value
}

await program.parseAsync()
