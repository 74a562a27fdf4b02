import { isDeepStrictEqual } from 'node:util'
import { Command, InvalidArgumentError } from 'commander'
import { killArchivers } from './archive-kills.ts'

/** `npm run archive:kills`: exactly once into BigQuery's endpoint, in its long form. */
interface KillsOptions {
  readonly kills: number
  readonly seed: number
  readonly rate: number
}

const program = new Command('npm run archive:kills --')
  .description(
    'Kills `sluice archive --bigquery` at random between Kafka and BigQuery’s endpoint, and holds every row against the log.',
  )
  .option('--kills <n>', 'how often', positive, 10)
  .option('--seed <n>', 'the same seed makes the same payments and the same pauses', positive, 42)
  .option('--rate <n>', 'payments a second; the endpoint takes about 35', positive, 8)
  .addHelpText(
    'after',
    '\nExits 1 when a table differs, when nothing was compared, or when no kill met rows ahead of a commit.\n',
  )
  .action(run)

await program.parseAsync()

async function run({ kills, seed, rate: ratePerSecond }: KillsOptions): Promise<void> {
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const { killsAhead, rowsAhead, found, expected } = await killArchivers({ kills, seed, ratePerSecond, say })
  let compared = 0
  let differs = false
  for (const [table, wanted] of Object.entries(expected)) {
    const rows = found[table]!
    const equal = isDeepStrictEqual(rows, wanted) && rows.rows === rows.distinct
    say(
      `${table.padEnd(28)} ${String(rows.rows).padStart(8)} rows, ${rows.distinct} distinct, ${wanted.rows} committed: ${equal ? 'equal' : 'DIFFERS'}`,
    )
    compared += rows.rows
    differs ||= !equal
  }
  say(
    `${kills} kills, ${killsAhead} of them with rows ahead of the commit (${rowsAhead} rows); ${compared} rows compared`,
  )
  const failed = differs || compared === 0 || killsAhead === 0
  say(failed ? 'FAILED' : `every row once; the same again: --kills ${kills} --seed ${seed} --rate ${ratePerSecond}`)
  if (failed) process.exitCode = 1
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('It is a whole number above 0.')
}
