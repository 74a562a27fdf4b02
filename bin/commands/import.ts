import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { Command } from 'commander'
import { environment } from '../../platform/config.ts'
import { listenForShutdown } from '../../platform/shutdown.ts'
import { machineClock } from '../../producers/clock.ts'
import { readFdh } from '../../producers/import/fdh.ts'
import {
  type BadRow,
  type ImportFormat,
  type ImportRun,
  type ImportSummary,
  runImport,
} from '../../producers/import/import-run.ts'
import { type ImportSource, openImportSource } from '../../producers/import/import-source.ts'
import { readJsonLines } from '../../producers/import/jsonl.ts'
import type { PaymentProducer } from '../../producers/payment-producer.ts'
import { LABEL_FILE_HEADER, labelRowOf } from '../../producers/simulator/label-file.ts'
import { StreamsError } from '../../streams/errors.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { Confusion } from '../runtime/confusion.ts'
import { labelFolder } from '../runtime/data-folder.ts'
import { createProducer } from '../runtime/payment-source.ts'
import { openClusterTarget } from '../runtime/payment-target.ts'
import { Pipeline } from '../runtime/pipeline.ts'
import { APPLICATION_ID, INPUT_TOPIC, openWritingSession, PARTITIONS, type Session } from '../runtime/session.ts'
import { confusionTable } from '../view/confusion-table.ts'
import { ProgressLine } from '../view/progress-line.ts'
import { complain, grouped, print } from '../view/text.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

interface ImportOptions extends CommonOptions {
  readonly speed?: string
  readonly append?: boolean
  readonly kafka?: boolean
}

interface Import {
  readonly file: string
  readonly format: ImportFormat
  readonly options: ImportOptions
  /** Keeps everything and compares with the file's own labels. */
  readonly labelled: boolean
}

const FDH_FOLDER = 'data/fdh'
const BAD_ROWS_SHOWN = 20
const POLL_MS = 50

/** `sluice import` */
export function importCommand(): Command {
  const withSpeed = (command: Command) =>
    command.option('--speed <x>', 'a multiple of real time, by event time (default: as fast as the pipeline takes it)')
  return new Command('import')
    .description('send a file of payments and decide all of them')
    .addCommand(
      withSpeed(new Command('fdh'))
        .description(`the Fraud Detection Handbook's CSV, plain or gzip, into a data folder of its own (${FDH_FOLDER})`)
        .argument('<file>')
        .option('--append', 'into a folder that holds payments already')
        .action((file: string, _options, command: Command) => {
          const given = command.optsWithGlobals<ImportOptions>()
          const data = given.data ?? environment()['SLUICE_DATA'] ?? FDH_FOLDER
          return runFile({ file, format: readFdh, options: { ...given, data }, labelled: true })
        }),
    )
    .addCommand(
      withSpeed(new Command('jsonl'))
        .description('one JSON object a line, with the names of SPEC R1; - is standard input')
        .argument('<file>')
        .option('--kafka', 'to the cluster that SLUICE_KAFKA_BOOTSTRAP names, whose workers decide')
        .action((file: string, _options, command: Command) => {
          const options = command.optsWithGlobals<ImportOptions>()
          return runFile({ file, format: readJsonLines, options, labelled: false })
        }),
    )
    .addHelpText(
      'after',
      '\nPayments are masked before the first byte is written; a line that is masked already must be so in every such field. While `sluice up` runs on the folder it decides them; else this does.' +
        '\nRows that are no payment are listed by line, and the exit code is 1.' +
        '\n\nExamples:\n  sluice import fdh transactions.csv.gz\n  sluice import jsonl payments.jsonl\n  cat payments.jsonl | sluice import jsonl -\n',
    )
}

async function runFile(what: Import): Promise<void> {
  const { file, options, labelled } = what
  speedOf(options) // A wrong one is refused before anything is opened.
  if (options.kafka) return sendToCluster(what)
  const source = await openImportSource(file, process.stdin).catch((error: Error) => {
    throw new CommandError(`${file} cannot be read: ${error.message}`)
  })
  const refuse = labelled && options.append !== true ? requireEmpty : undefined
  const session = await openWritingSession(configOf(options), { keepsAll: labelled, ...(refuse && { refuse }) })
  const progress = new ProgressLine(options.json !== true)
  try {
    const outcome = await importAll(session, source, what, progress)
    progress.end()
    await report(session, what, outcome)
  } finally {
    progress.end()
    await session.log.close()
  }
}

/** Sends the rows to a cluster; the workers there decide them. */
async function sendToCluster(what: Import): Promise<void> {
  const { file, options } = what
  const source = await openImportSource(file, process.stdin).catch((error: Error) => {
    throw new CommandError(`${file} cannot be read: ${error.message}`)
  })
  const target = await openClusterTarget(configOf(options))
  const shutdown = listenForShutdown(() =>
    complain('\nending: what was taken is sent first; Ctrl-C again ends at once'),
  )
  const producer = createProducer(target)
  const bad: BadRow[] = []
  const run: ImportRun = {
    send: (payment) => producer.send(payment),
    clock: machineClock,
    speed: speedOf(options),
    onBadRow: (row) => bad.push(row),
    signal: shutdown.signal,
  }
  const summary = await sendRows(what, source, run, () => producer.close().finally(shutdown.release))
  const { rows, sent } = summary
  if (options.json) print(JSON.stringify({ ...summary, ...producer.counts, badRows: bad }))
  else print(`${grouped(rows)} rows: ${grouped(sent)} sent and on the cluster, ${grouped(summary.bad)} bad`)
  endOfFile(bad, shutdown.signal.aborted, options)
}

/**
 * Sends the rows, and then, however that went, lets `flush` bring what was sent to the log.
 * @throws CommandError when the file cannot be read to its end
 */
async function sendRows(
  { file, format }: Import,
  source: ImportSource,
  run: ImportRun,
  flush: () => Promise<void>,
): Promise<ImportSummary> {
  let sent = 0
  const onProgress: NonNullable<ImportRun['onProgress']> = (progress) => {
    sent = progress.summary.sent
    run.onProgress?.(progress)
  }
  try {
    return await runImport(source, format, { ...run, onProgress })
  } catch (error) {
    // A stopped producer says what it has; a bug of ours shows where it is.
    if (error instanceof StreamsError || error instanceof TypeError || error instanceof RangeError) throw error
    const what = `${file} cannot be read to its end: ${(error as Error).message}`
    throw new CommandError(`${what}; at least ${grouped(sent)} rows of it were sent`)
  } finally {
    await flush()
  }
}

interface Outcome {
  readonly summary: ImportSummary
  readonly bad: readonly BadRow[]
  readonly confusion: Confusion
  readonly seconds: number
  readonly decided: number
  readonly interrupted: boolean
  readonly labels: string | null
}

async function importAll(
  session: Session,
  source: ImportSource,
  what: Import,
  progress: ProgressLine,
): Promise<Outcome> {
  const shutdown = listenForShutdown((signal) => {
    if (signal !== null) complain('\nending: what was sent is decided first; Ctrl-C again ends at once')
  })
  const startedMs = machineTime.nowMs()
  const pipeline = (await isDecided(session)) ? null : new Pipeline(session, pipelineEvents)
  // A pipeline that has failed leaves nobody to wait for.
  void pipeline?.ended.then((failure) => failure !== null && shutdown.request())
  const before = await committedTotal(session)
  const producer = createProducer(session)
  const labels = what.labelled ? openLabels(session) : null
  const confusion = new Confusion()
  const bad: BadRow[] = []
  const decidedNow = async () => (await committedTotal(session)) - before
  let decided = 0
  const run: ImportRun = {
    send: (payment) => producer.send(payment),
    clock: machineClock,
    speed: speedOf(what.options),
    onBadRow: (row) => bad.push(row),
    onLabel: (id, isFraud, scenario) => {
      confusion.add(id, isFraud, scenario)
      labels?.stream.write(labelRowOf(id, isFraud, scenario))
    },
    onProgress: ({ summary: { rows }, bytesRead, bytesTotal }) => {
      const share = bytesTotal === null ? '' : ` (${Math.floor((100 * bytesRead) / bytesTotal)} %)`
      progress.show(
        () =>
          `${grouped(rows)} rows read${share}, ${grouped(decided)} decided, ${grouped(progress.perSecond(decided))}/s`,
      )
      void decidedNow().then((count) => {
        decided = count
      })
    },
    signal: shutdown.signal,
  }
  // What the pipeline has failed with is why whatever else did.
  const endPipeline = async () => {
    pipeline?.stop()
    const failure = (await pipeline?.ended) ?? null
    shutdown.release()
    return failure
  }
  try {
    const summary = await sendRows(what, source, run, () => finish(producer, labels))
    decided = await allDecided(session, pipeline, before, (count) => {
      progress.show(
        () => `${grouped(summary.rows)} rows read, ${grouped(count)} decided, ${grouped(progress.perSecond(count))}/s`,
      )
    })
    const seconds = (machineTime.nowMs() - startedMs) / 1_000
    const failure = await endPipeline()
    if (failure !== null) throw failure
    const interrupted = shutdown.signal.aborted
    return { summary, bad, confusion, seconds, decided, interrupted, labels: labels?.path ?? null }
  } catch (error) {
    throw (await endPipeline()) ?? error
  }
}

async function finish(producer: PaymentProducer, labels: ReturnType<typeof openLabels> | null): Promise<void> {
  await producer.close()
  if (labels === null) return
  labels.stream.end()
  await finished(labels.stream)
}

/** Waits until every record that the input holds now has its disposition; returns how many got theirs since `before`. */
async function allDecided(
  session: Session,
  pipeline: Pipeline | null,
  before: number,
  onProgress: (decided: number) => void,
): Promise<number> {
  let failed = false
  void pipeline?.ended.then(() => {
    failed = true
  })
  const ends = (await inputOffsets(session)).map(({ end }) => end)
  for (;;) {
    const offsets = await inputOffsets(session)
    const committed = sum(offsets.map((partition) => partition.committed))
    onProgress(committed - before)
    // Others may go on sending to the folder.
    const isDone = offsets.every((partition, i) => partition.committed >= (ends[i] as number))
    if (isDone || failed) return committed - before
    if (pipeline === null && !(await isDecided(session))) {
      throw new CommandError('the process that decided has ended; start `sluice up` again: what was sent is on disk')
    }
    await machineTime.wait(POLL_MS)
  }
}

async function report(session: Session, { options, labelled }: Import, outcome: Outcome): Promise<void> {
  const { summary, bad, confusion, seconds, decided, interrupted, labels } = outcome
  const rows = labelled ? await confusion.rows(session) : []
  const perSecond = decided / seconds
  if (options.json)
    print(JSON.stringify({ ...summary, decided, seconds, perSecond, labels, confusion: rows, badRows: bad }))
  else {
    const extras = [
      ...(summary.zeroAmounts > 0 ? [`${grouped(summary.zeroAmounts)} account verifications (amount 0)`] : []),
      ...(summary.outOfOrder > 0 ? [`${grouped(summary.outOfOrder)} out of order`] : []),
    ]
    print(
      `${grouped(summary.rows)} rows: ${grouped(summary.sent)} sent, ${grouped(summary.bad)} bad${extras.map((one) => `, ${one}`).join('')}`,
    )
    print(
      `${grouped(decided)} records have their disposition, in ${seconds.toFixed(1)} s: ${grouped(perSecond)} a second, each commit on disk`,
    )
    if (labels !== null) print(`labels: ${labels}`)
    if (labelled) for (const line of confusionTable(rows)) print(line)
  }
  endOfFile(bad, interrupted, options)
}

/** Lists the bad rows, the first of many. @throws CommandError when not every row was a payment and sent. */
function endOfFile(bad: readonly BadRow[], interrupted: boolean, { json }: CommonOptions): void {
  if (!json) {
    for (const { line, field, reason } of bad.slice(0, BAD_ROWS_SHOWN)) {
      complain(`line ${line}: ${field === null ? '' : `${field} `}${reason}`)
    }
    if (bad.length > BAD_ROWS_SHOWN) complain(`and ${grouped(bad.length - BAD_ROWS_SHOWN)} more bad rows`)
  }
  if (interrupted) throw new CommandError('interrupted: the rest of the file was not sent')
  if (bad.length > 0) throw new CommandError(`${bad.length} rows were no payments and were not sent`)
}

const pipelineEvents = {
  onSurvived: (partition: number, error: Error) => complain(`partition ${partition} goes on after: ${error.message}`),
  // The import itself ends with the first of these and says it.
  onFailed: () => {},
}

/** @throws CommandError when the folder holds records of the input. */
function requireEmpty({ folder, log }: Session): void {
  const input = log.stat().partitions.filter(({ topic }) => topic === INPUT_TOPIC)
  const held = sum(input.map(({ endOffset }) => endOffset))
  if (held === 0) return
  throw new CommandError(
    `${folder.path} holds ${grouped(held)} records already; name another folder with --data, remove it, or say --append`,
  )
}

async function isDecided({ log }: Session): Promise<boolean> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    if ((await log.taskOwner(APPLICATION_ID, { topic: INPUT_TOPIC, partition })) === null) return false
  }
  return true
}

async function committedTotal(session: Session): Promise<number> {
  return sum((await inputOffsets(session)).map(({ committed }) => committed))
}

/** Of each partition. */
async function inputOffsets({ log }: Session): Promise<{ readonly committed: number; readonly end: number }[]> {
  const offsets: { readonly committed: number; readonly end: number }[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const at = { topic: INPUT_TOPIC, partition }
    const committed = (await log.committedOffset(APPLICATION_ID, at))?.offset ?? 0
    offsets.push({ committed, end: (await log.bounds(at)).endOffset })
  }
  return offsets
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function openLabels({ folder }: Session) {
  const path = join(labelFolder(folder.path), `import-${Date.now()}.csv`)
  mkdirSync(labelFolder(folder.path), { recursive: true, mode: 0o700 })
  const stream = createWriteStream(path, { mode: 0o600 })
  stream.write(LABEL_FILE_HEADER)
  return { path, stream }
}

function speedOf({ speed }: ImportOptions): number | null {
  if (speed === undefined) return null
  const value = Number(speed)
  if (value > 0 && Number.isFinite(value)) return value
  throw new CommandError(`--speed ${speed}: must be a number over 0`, 2)
}
