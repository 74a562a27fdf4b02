import { Command, InvalidArgumentError } from 'commander'
import { FAULT_NAMES, FAULTS, type FaultName } from './fault-plan.ts'
import { runSystem } from './system-run.ts'

/** `npm run eos`: the system test of exactly-once in its long form. */
interface EosOptions {
  readonly minutes: number
  readonly seed: string
  readonly brokers: 1 | 3
  readonly faults?: readonly FaultName[]
  readonly rate: number
}

const program = new Command('npm run eos --')
  .description(
    'Kills workers, brokers and producers of a real Kafka cluster under load, and checks that each payment was decided once.',
  )
  .option('--minutes <n>', 'how long faults go on', positive, 10)
  .option('--seed <text>', 'the same seed makes the same payments and the same plan of faults', '42')
  .option('--brokers <n>', '1 or 3', brokerCount, 1)
  .option('--faults <names>', 'only these, with commas', faultNames)
  .option('--rate <n>', 'payments a second', positive, 300)
  .addHelpText(
    'after',
    `\nFaults:\n${Object.entries(FAULTS)
      .map(([name, what]) => `  ${name.padEnd(9)} ${what}`)
      .join(
        '\n',
      )}\n\nExits 1 when a law does not hold, when a law compared nothing, when no kill fired, or when none met work in flight.` +
      '\n\nExamples:\n  npm run eos -- --minutes 10 --seed 42 --brokers 3\n  npm run eos -- --minutes 5 --brokers 3 --faults rolling\n' +
      '  npm run eos -- --minutes 3 --faults machine\n',
  )
  .action(run)

async function run({ minutes, seed, brokers, faults, rate }: EosOptions): Promise<void> {
  const names = faults ?? FAULT_NAMES.filter((name) => name !== 'rolling' || brokers === 3)
  if (names.includes('rolling') && brokers !== 3) program.error('rolling needs --brokers 3')
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const { faults: done, problems } = await runSystem({
    minutes,
    seed,
    brokers,
    faults: names,
    ratePerSecond: rate,
    say,
  })
  say(
    `kill -9 of workers ${done.kills}, ${done.killsInFlight} of them with work in flight (${done.inFlightRecords} records); ` +
      `of brokers ${done.brokerKills}, of producers ${done.producerKills}`,
  )
  for (const problem of problems) say(`PROBLEM ${problem}`)
  say(
    problems.length === 0
      ? `every law holds; the same again: --minutes ${minutes} --seed ${seed} --brokers ${brokers}`
      : 'FAILED',
  )
  if (problems.length > 0) process.exitCode = 1
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0')
  return value
}

function brokerCount(text: string): 1 | 3 {
  if (text !== '1' && text !== '3') throw new InvalidArgumentError('1 or 3')
  return text === '1' ? 1 : 3
}

function faultNames(text: string): FaultName[] {
  return text.split(',').map((name) => {
    const found = FAULT_NAMES.find((known) => known === name)
    if (found === undefined) throw new InvalidArgumentError(`no fault ${name}; there are ${FAULT_NAMES.join(', ')}`)
    return found
  })
}

await program.parseAsync()
