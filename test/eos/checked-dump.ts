import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SEMANTICS_VERSION } from '../../processors/sinks/semantics-version.ts'
import { Checkpoints } from '../../streams/state/checkpoint.ts'
import { CheckpointFolder } from '../../streams/state/checkpoint-folder.ts'
import { dumpChain } from '../oracle/dump-chain.ts'
import { OfflineChain, type StoredRecord, testRuntimeOptions } from '../support/offline-chain.ts'
import { TEST_MASK_KEYS, TEST_SIGNERS } from '../support/test-keys.ts'
import { DEFAULT_RULES } from '../support/test-rules.ts'
import { paymentStream } from './payment-stream.ts'

/** Few, so that a mutant is judged in a second. */
const PARTITIONS = 2
const RECORDS = 700
const STREAM = { seed: 'laws', startMs: Date.UTC(2026, 10, 20, 12), ratePerSecond: 4, partitions: PARTITIONS }
const INPUT = 'payments.submitted'

/** A line of a producer's history. */
export interface HistoryLine {
  readonly type: 'invoke' | 'ok' | 'fail'
  readonly n: number
  readonly offset?: number
  readonly partition?: number
  readonly key?: string
  readonly id?: string | null
  readonly sha256?: string | null
}

/** All that the checker reads, before it is written to a folder. */
export interface CheckedDump {
  /** Records by `<topic>-<partition>`. */
  readonly topics: Map<string, StoredRecord[]>
  readonly history: HistoryLine[]
  readonly committed: Record<string, number>
  readonly stable: Record<string, number>
  readonly end: Record<string, number>
  readonly transactions: { id: string; state: string }[]
  /** Checkpoint files by name. */
  readonly checkpoints: Map<string, Uint8Array>
}

/** What a cluster would hold if nothing had ever gone wrong: the payment stream, decided in memory. `folder` is for its checkpoints. */
export async function perfectDump(folder: string): Promise<CheckedDump> {
  const chain = new OfflineChain(testRuntimeOptions({ partitionCount: PARTITIONS, signers: TEST_SIGNERS }))
  const history: HistoryLine[] = []
  const next = Array.from({ length: PARTITIONS }, () => 0)
  for (const [n, record] of paymentStream(STREAM, TEST_MASK_KEYS[0]!).take(RECORDS).toArray().entries()) {
    const { key, value, partition, dueMs, transactionId: id } = record
    const sha256 = value === null ? null : createHash('sha256').update(value).digest('hex')
    history.push({ type: 'invoke', n, partition, key, id, sha256 })
    chain.append({ appendTimeMs: dueMs, key, value }, partition)
    history.push({ type: 'ok', n, offset: next[partition]!++ })
  }
  chain.finish()
  await writeCheckpoints(chain, folder)
  const end: Record<string, number> = {}
  const committed: Record<string, number> = {}
  for (const [place, records] of chain.topics) end[place] = records.length
  for (const [partition, offset] of next.entries()) committed[partition] = offset
  const transactions = next.map((_, partition) => ({ id: `sluice-${INPUT}-${partition}`, state: 'CompleteCommit' }))
  return {
    topics: chain.topics,
    history,
    committed,
    end,
    stable: { ...end },
    transactions,
    checkpoints: new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])),
  }
}

async function writeCheckpoints(chain: OfflineChain, folder: string): Promise<void> {
  for (const [partition, stores] of chain.stores.entries()) {
    const identity = {
      topology: 'payments',
      semanticsVersion: SEMANTICS_VERSION,
      topic: INPUT,
      partition,
      stateKeyId: 'tests',
      createdBy: 'tests',
    }
    const nextOffset = chain.records(INPUT, partition).length
    const checkpoints = new Checkpoints(new CheckpointFolder(folder), identity, stores.sections)
    await checkpoints.begin({ nextOffset, streamTimeMs: stores.streamTimeMs }).write()
  }
}

/** Writes a dump as the checker reads it. */
export function writeDump(dump: CheckedDump, folder: string): void {
  const { topics, history, committed, stable, end, transactions, checkpoints } = dump
  dumpChain(folder, {
    partitions: PARTITIONS,
    topics,
    rules: DEFAULT_RULES,
    signers: TEST_SIGNERS,
    controlVerdicts: verdicts(topics),
  })
  writeFileSync(join(folder, 'history-payments-1.jsonl'), history.map((line) => `${JSON.stringify(line)}\n`).join(''))
  writeFileSync(
    join(folder, 'cluster.json'),
    JSON.stringify({ committed, stable, end, transactions, aborted_records: {} }),
  )
  writeFileSync(join(folder, 'state-key.hex'), Buffer.from(testRuntimeOptions().stateKey).toString('hex'))
  mkdirSync(join(folder, 'checkpoints'))
  for (const [name, bytes] of checkpoints) writeFileSync(join(folder, 'checkpoints', name), bytes)
}

/** Every signature of the stream is right; that of a stranger is by a key that nobody knows. */
function verdicts(topics: CheckedDump['topics']): Record<string, boolean> {
  const inputs = [...topics].filter(([place]) => place.startsWith(INPUT))
  return Object.fromEntries(
    inputs.flatMap(([place, records]) =>
      records.map(({ offset }) => [`${place.slice(INPUT.length + 1)}-${offset}`, true]),
    ),
  )
}
