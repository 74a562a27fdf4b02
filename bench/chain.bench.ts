import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ChainRun } from './chain-run.ts'
import { type ForeignInputOptions, foreignInput, saveInput } from './foreign-input.ts'
import { IS_SHORT, inChild, progress, Report, RUNS, size } from './harness.ts'
import { renderProfile, summarise } from './profile.ts'

/**
 * The chain on one core, from fetched batch to sealed output batches, without a log: payments as a foreign producer
 * writes them, all four tokens computed; then with two tokens, which is the work of the measured prototype; then the
 * naive variant. Each run in a process with nothing else. The oracle recomputes a prefix. A profile is taken apart.
 */
const RECORDS_BAR = { atLeast: 200_000, goal: 350_000 }
const TWO_TOKENS_BAR = { atLeast: 300_000 }
const SPAN_MS = 3 * 3_600_000
const FULL_PAYMENTS = 2_000_000
const PAYMENTS = size(FULL_PAYMENTS, 100_000)
const ORACLE_PAYMENTS = size(100_000, 20_000)
const NAIVE_PAYMENTS = size(300_000, 20_000)
const SEED = 20_261_122

const report = new Report('chain', `The chain on one core, ${PAYMENTS.toLocaleString('en')} foreign payments`)
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
try {
  const raw = makeInput('raw', PAYMENTS, 'all')
  await checkAgainstOracle(makeInput('prefix', ORACLE_PAYMENTS, 'all'))
  const runs = await measure(raw)
  reportRuns('chain, four tokens', runs, RECORDS_BAR)
  report.figure(
    'chain, four tokens: memory',
    'MB',
    runs.map(({ rssMb }) => rssMb),
  )
  reportRuns('chain, two tokens', await measure(makeInput('two-tokens', PAYMENTS, 'card-and-email')), TWO_TOKENS_BAR)
  await compareWithNaive(makeInput('naive', NAIVE_PAYMENTS, 'all'))
  await profile(raw)
} finally {
  rmSync(directory, { recursive: true })
}
report.finish()

/** The same rate of event time whatever the number, so that a shorter input is a prefix in kind. */
function makeInput(name: string, payments: number, personal: ForeignInputOptions['personal']): string {
  progress(`input ${name}: ${payments.toLocaleString('en')} payments`)
  const spanMs = (SPAN_MS * payments) / FULL_PAYMENTS
  const file = join(directory, name)
  saveInput(file, foreignInput({ payments, senders: 100_000, spanMs, seed: SEED, personal }))
  return file
}

async function measure(file: string): Promise<ChainRun[]> {
  const runs: ChainRun[] = []
  for (let i = 0; i < size(RUNS, 1); i++) {
    runs.push(await inChild<ChainRun>('chain-run.ts', [file]))
    progress(`run ${i + 1}: ${Math.round(rate(runs[i]!)).toLocaleString('en')} a second`)
  }
  return runs
}

function rate({ records, wallMs }: ChainRun): number {
  return records / (wallMs / 1_000)
}

function reportRuns(name: string, runs: readonly ChainRun[], bar = {}): void {
  report.figure(`${name}: payments a second, wall time`, '/s', runs.map(rate), bar)
  report.figure(
    `${name}: CPU a payment, all threads`,
    'us',
    runs.map(({ records, cpuMs }) => (cpuMs * 1_000) / records),
  )
  report.note(name, runs[0])
}

async function checkAgainstOracle(file: string): Promise<void> {
  const dump = join(directory, 'dump')
  mkdirSync(dump)
  const { records, flagged, dispositions } = await inChild<ChainRun>('chain-run.ts', [file, dump])
  progress('oracle')
  const program = join(import.meta.dirname, '../test/oracle/oracle.py')
  const said = await promisify(execFile)('python3', [program, dump, '--may-be-empty', 'all'], {
    maxBuffer: 1 << 24,
  }).then(
    ({ stdout }) => ({ equal: true, text: stdout }),
    ({ stdout, stderr }) => ({ equal: false, text: `${stdout}${stderr}` }),
  )
  if (!said.equal) process.stdout.write(said.text)
  report.require(`the oracle agrees on ${records.toLocaleString('en')} payments`, said.equal)
  report.figure('input: flagged', '%', [(100 * flagged) / records])
  report.figure('input: repeats', '%', [(100 * dispositions['duplicate']!) / records])
  report.figure('input: dead letters', '%', [(100 * dispositions['dead-letter']!) / records])
}

async function compareWithNaive(file: string): Promise<void> {
  const ours = await inChild<ChainRun>('chain-run.ts', [file])
  const naive = await inChild<ChainRun>('naive-chain.ts', [file])
  report.figure('naive (avsc objects, Maps, createHmac, JSON): payments a second', '/s', [rate(naive)])
  report.figure('the chain is faster on the same input by', 'times', [rate(ours) / rate(naive)])
}

/** Where the time goes; taken in a run of its own, since sampling costs. */
async function profile(file: string): Promise<void> {
  await inChild<ChainRun>(
    'chain-run.ts',
    [file],
    ['--cpu-prof', '--cpu-prof-interval', '500', `--cpu-prof-dir=${directory}`],
  )
  const written = readdirSync(directory).find((name) => name.endsWith('.cpuprofile'))
  if (written === undefined) throw new Error('node wrote no profile')
  const isChain = (path: string) => !path.startsWith('bench') && !path.startsWith('test')
  const summary = summarise(join(directory, written), isChain)
  report.note('profile', summary)
  const text = renderProfile(summary)
  process.stdout.write(`\nwhere the time goes, self time\n${text}`)
  if (!IS_SHORT) writeFileSync(join(import.meta.dirname, 'results/chain-profile.txt'), text)
}
