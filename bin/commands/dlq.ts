import { Command } from 'commander'
import { unmasked } from '../../producers/mask-payment.ts'
import type { DeadLetter } from '../../schemas/generated/dead-letter.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Log } from '../../streams/log/log.ts'
import { scanPartition } from '../runtime/partition-scan.ts'
import { createProducer } from '../runtime/payment-source.ts'
import { type Coordinates, coordinatesOf } from '../runtime/record-coordinates.ts'
import { OutputValues } from '../runtime/record-values.ts'
import { INPUT_TOPIC, PARTITIONS, type Session } from '../runtime/session.ts'
import { schemaNamed } from '../view/field-names.ts'
import { print, styled } from '../view/text.ts'
import { type RepeatOptions, withAuditedSession, withWhy } from './audited-session.ts'
import { type LogOptions, onEitherLog, withLogSession } from './log-session.ts'
import { CommandError, wholeNumber } from './settings.ts'

interface ListOptions extends LogOptions {
  readonly limit: string
  readonly reason?: string
}

interface ReplayOptions extends RepeatOptions {
  readonly reason?: string
  readonly all?: boolean
}

/** One record of the input as it stands there. */
interface InputRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

const COORDINATES = 'coordinates <partition>-<offset> of the input, as `dlq list` prints them'

/** `sluice dlq` */
export function dlqCommand(): Command {
  const group = new Command('dlq')
    .description('what could not be processed: coordinates, reason and field, never the bytes')
    .addCommand(
      new Command('list')
        .description('print dead letters, oldest first')
        .option('--limit <n>', 'the last so many', '50')
        .option('--reason <code>', 'only this reason')
        .action((_options, command: Command) => runList(command.optsWithGlobals<ListOptions>())),
    )
    .addCommand(
      new Command('show')
        .description('print every field of one dead letter, and whether its input is still in the log')
        .argument('<id>', COORDINATES)
        .action((id: string, _options, command: Command) => runShow(id, command.optsWithGlobals<LogOptions>())),
    )
    .addCommand(
      withWhy(
        new Command('replay').description(
          'read the input again and send the same bytes as a new record; dedup meets it like any other',
        ),
      )
        .argument('[ids...]', COORDINATES)
        .option('--reason <code>', 'all of this reason')
        .option('--all', 'all that stand in the log')
        .action((ids: string[], _options, command: Command) =>
          runReplay(ids, command.optsWithGlobals<ReplayOptions>()),
        ),
    )
  return onEitherLog(group).addHelpText(
    'after',
    '\nExamples:\n  sluice dlq list --reason BAD_PAN\n  sluice dlq show 3-1042\n  sluice dlq replay 3-1042 5-77\n  sluice dlq replay --reason UNKNOWN_SCHEMA\n',
  )
}

async function runList(options: ListOptions): Promise<void> {
  const limit = wholeNumber(options.limit, '--limit', 1)
  await withLogSession(options, async (session) => {
    const letters = (await deadLetters(session, options.reason)).slice(-limit)
    for (const letter of letters)
      print(options.json ? JSON.stringify(schemaNamed('DeadLetter', letter)) : letterLine(letter))
    if (letters.length === 0 && !options.json) print('no dead letters')
  })
}

async function runShow(id: string, options: LogOptions): Promise<void> {
  const { partition, offset } = letterNamed(id)
  await withLogSession(options, async (session) => {
    const letter = await deadLetterAt(session, id, partition, offset)
    const { startOffset } = await session.log.bounds({ topic: INPUT_TOPIC, partition })
    const isRetained = offset >= startOffset
    if (options.json) return print(JSON.stringify({ ...schemaNamed('DeadLetter', letter), input_retained: isRetained }))
    for (const [field, value] of Object.entries(schemaNamed('DeadLetter', letter)))
      print(`  ${styled('dim', field.padEnd(18))}${value}`)
    print(isRetained ? `the input still stands in the log: sluice dlq replay ${id}` : takenByRetention(id, startOffset))
  })
}

async function runReplay(ids: readonly string[], options: ReplayOptions): Promise<void> {
  if (ids.length === 0 && options.all !== true && options.reason === undefined) {
    throw new CommandError('name coordinates, --reason or --all', 2)
  }
  const [subject = options.reason ?? 'all'] = ids.length > 1 ? [`${ids[0]} and ${ids.length - 1} more`] : ids
  const act = { act: 'dlq.replay', subject, actor: options.as, reason: options.why ?? null }
  await withAuditedSession(options, act, async (session) => {
    const letters =
      ids.length === 0 ? (await deadLetters(session, options.reason)).filter(ofInput) : await lettersOf(session, ids)
    const producer = createProducer(session, unmasked)
    let replayed = 0
    let refused = 0
    for (const { inputPartition, inputOffset } of letters) {
      const problem = await replay(session, producer, inputPartition, inputOffset)
      if (problem === null) replayed++
      else {
        refused++
        print(problem)
      }
    }
    await producer.close()
    if (options.json) print(JSON.stringify({ replayed, refused }))
    else print(`${replayed} sent again as new records${refused > 0 ? `, ${refused} not` : ''}`)
    if (refused > 0) throw new CommandError(`${refused} could not be sent again`)
  })
}

/** Sends one input record again; returns why not, or null. */
async function replay(
  session: Session<Log>,
  producer: ReturnType<typeof createProducer>,
  partition: number,
  offset: number,
): Promise<string | null> {
  const id = `${partition}-${offset}`
  const at = { topic: INPUT_TOPIC, partition }
  const { startOffset } = await session.log.bounds(at)
  if (offset < startOffset) return takenByRetention(id, startOffset)
  const found: InputRecord[] = []
  await scanPartition(session.log, at, offset, offset + 1, ({ bytes, keyAt, keyLength, valueAt, valueLength }) => {
    const key = keyLength < 0 ? null : bytes.slice(keyAt, keyAt + keyLength)
    found.push({ key, value: valueLength < 0 ? null : bytes.slice(valueAt, valueAt + valueLength) })
  })
  const record = found[0]
  const key = record === undefined || record.key === null ? null : textOf(record.key)
  if (record === undefined || key === null) return `${id}: its key is no text, so no producer of ours can send it again`
  try {
    await producer.sendValue(key, record.value)
  } catch (error) {
    if (error instanceof RangeError) return `${id}: ${error.message}`
    throw error
  }
  return null
}

async function lettersOf(session: Session<Log>, ids: readonly string[]): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  for (const id of ids) {
    const { partition, offset } = letterNamed(id)
    letters.push(await deadLetterAt(session, id, partition, offset))
  }
  return letters
}

async function deadLetterAt(session: Session<Log>, id: string, partition: number, offset: number): Promise<DeadLetter> {
  const letters = await deadLettersOf(session, partition, undefined)
  const letter = letters.find((one) => ofInput(one) && one.inputOffset === offset)
  if (letter === undefined) throw new CommandError(`no dead letter of input ${id} stands in the log`)
  return letter
}

async function deadLetters(session: Session<Log>, reason: string | undefined): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    letters.push(...(await deadLettersOf(session, partition, reason)))
  }
  return letters.sort((a, b) => a.appendTime - b.appendTime)
}

async function deadLettersOf(
  session: Session<Log>,
  partition: number,
  reason: string | undefined,
): Promise<DeadLetter[]> {
  const at = { topic: TOPICS.paymentsDlq.name, partition }
  const { startOffset, endOffset } = await session.log.bounds(at)
  const values = new OutputValues(session.ids)
  const letters: DeadLetter[] = []
  await scanPartition(session.log, at, startOffset, endOffset, (record, view) => {
    const letter = values.deadLetterOf(record, view)?.toObject()
    if (letter !== undefined && (reason === undefined || letter.reason === reason)) letters.push(letter)
  })
  return letters
}

function letterNamed(id: string): Coordinates {
  const named = coordinatesOf(id)
  if (named === null) throw new CommandError(`${id} is no ${COORDINATES}`, 2)
  return named
}

/** Sinks dead-letter what they read; only records of the input can be sent again. */
function ofInput({ inputTopic }: DeadLetter): boolean {
  return inputTopic === INPUT_TOPIC
}

function letterLine(letter: DeadLetter): string {
  const { inputTopic, inputPartition, inputOffset, reason, detail, appendTime, valueBytes } = letter
  const size = valueBytes < 0 ? 'null' : `${valueBytes} bytes`
  return `${ofInput(letter) ? '' : `${inputTopic} `}${inputPartition}-${inputOffset}  ${styled('yellow', reason)}  ${detail}  ${size}  ${new Date(appendTime).toISOString()}`
}

function takenByRetention(id: string, startOffset: number): string {
  return `${id}: retention has taken the input (the log begins at offset ${startOffset}), so it cannot be sent again`
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
