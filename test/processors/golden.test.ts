import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { TOPICS } from '../../schemas/topics.ts'
import { addOutput, noOutputs, type PaymentOutputs } from '../support/payment-outputs.ts'
import { PaymentsDriver } from '../support/payments-driver.ts'
import { DEFAULT_RULES } from '../support/test-rules.ts'
import { RandomStream } from './control/random-stream.ts'

// Goal: a change of any decision byte is seen in review.
// Method: `test/golden/stream.jsonl` is a recorded input, `decided.jsonl` every output that the chain gives for it: topic, what it says in short, key and
// value in hex. A change that is meant is written with SLUICE_GOLDEN=outputs; SLUICE_GOLDEN=all records a new stream too.
// A change of outputs without a new semantics version means that old decisions can no longer be recomputed.
const WRITE = process.env['SLUICE_GOLDEN'] ?? ''
const STREAM = new URL('../golden/stream.jsonl', import.meta.url)
const DECIDED = new URL('../golden/decided.jsonl', import.meta.url)
const RECORDS = 320
/** One whose few records have everything in them. */
const SEED = 'golden-6'

interface Line {
  readonly partition: number
  readonly appendTimeMs: number
  readonly key: string | null
  readonly value: string | null
}

const linesOf = (file: URL): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')
const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'))
const bytes = (text: string | null): Uint8Array | null =>
  text === null ? null : new Uint8Array(Buffer.from(text, 'hex'))

/** What an output says, in a few words. */
function inShort({ decisions, resolutions, duplicates, deadLetters, alerts, actions }: PaymentOutputs): string {
  const texts = [
    ...decisions.map(
      (d) =>
        `${d.decisionId} ${d.transactionId} ${d.outcome} ${d.decidedBy} score ${d.fraudScore} count ${d.velocityCount}`,
    ),
    ...resolutions.map((r) => `${r.decisionId} ${r.outcome} by ${r.actor}`),
    ...duplicates.map((d) => `${d.inputPartition}-${d.inputOffset} repeats ${d.firstOffset}`),
    ...deadLetters.map((d) => `${d.inputPartition}-${d.inputOffset} ${d.reason} ${d.detail}`),
    ...alerts.map((a) => `${a.alertId} ${a.kind} ${a.severity}${a.revised ? ' revised' : ''}`),
    ...actions.map((a) => `${a.actionId} of episode ${a.episodeId}`),
  ]
  return texts.join()
}

/** Pays one line into the chain; every output as a line. */
function pipe(driver: PaymentsDriver, { partition, appendTimeMs, key, value }: Line): string[] {
  driver.driver.pipeInput(TOPICS.paymentsSubmitted.name, bytes(key), bytes(value), { partition, appendTimeMs })
  return driver.readRecords().map((record) => {
    const outputs = noOutputs()
    addOutput(outputs, record.value)
    return JSON.stringify({
      topic: record.topic,
      says: inShort(outputs),
      key: hex(record.key),
      value: hex(record.value),
    })
  })
}

/** Records a new stream, with control records that end what the chain has challenged by then. */
function record(): Line[] {
  const driver = new PaymentsDriver({ partitionCount: 4 })
  const waiting: string[][] = [[], [], [], []]
  const partitionOf = (account: string) =>
    driver.control({ kind: 'ACCOUNT_LIFTED', accountId: account, eventTime: 0 }, 'stranger').partition
  const stream = new RandomStream(SEED, DEFAULT_RULES, partitionOf, (partition) => waiting[partition]!)
  const chain = new PaymentsDriver({ partitionCount: 4 })
  return Array.from({ length: RECORDS }, () => {
    const { partition, appendTimeMs, key, value } = stream.record()
    const line = {
      partition,
      appendTimeMs,
      key: key === null ? null : hex(new TextEncoder().encode(key)),
      value: hex(value),
    }
    for (const output of pipe(chain, line)) {
      const decision = /"says":"(\d-\d+) \S+ (?:challenge|review) /.exec(output)
      if (decision !== null) waiting[partition]!.push(decision[1]!)
    }
    return line
  })
}

if (WRITE === 'all')
  writeFileSync(
    STREAM,
    `${record()
      .map((line) => JSON.stringify(line))
      .join('\n')}\n`,
  )

test('SPEC S5: the recorded stream gives the recorded outputs, byte for byte', () => {
  const driver = new PaymentsDriver({ partitionCount: 4 })
  const outputs = linesOf(STREAM).flatMap((line) => pipe(driver, JSON.parse(line) as Line))
  if (WRITE !== '') writeFileSync(DECIDED, `${outputs.join('\n')}\n`)
  const recorded = linesOf(DECIDED)
  // What they say first: it shows what has changed in words.
  const says = (lines: readonly string[]) => lines.map((line) => (JSON.parse(line) as { says: string }).says)
  expect(says(outputs)).toEqual(says(recorded))
  expect(outputs).toEqual(recorded)
})

test('SPEC S5: the recorded stream has every outcome, every topic and every kind of refusal in it', () => {
  const recorded = linesOf(DECIDED).join('\n')
  const kinds = [
    'approve',
    'challenge',
    'review',
    'block',
    'passed',
    'repeats',
    'ID_CONFLICT',
    'CONTROL_REFUSED',
    'BAD_TEXT',
    'revised',
  ]
  const others = ['BLOCK_CARD', 'STEP_UP', 'HARD_BLOCK', 'ALLOW_OVERRIDE']
  expect([...kinds, ...others].filter((kind) => !recorded.includes(kind))).toEqual([])
})
