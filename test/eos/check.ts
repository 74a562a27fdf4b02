import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { APPLICATION_ID, PARTITIONS } from '../../bin/runtime/session.ts'
import type { RuleSet } from '../../schemas/rule-set.ts'
import { kafkaTool } from '../../stack/kafka/tool.ts'
import { runProgram } from '../../stack/run-program.ts'
import { SCHEMA_IDS } from '../support/payments-driver.ts'
import { runPython } from '../support/python.ts'
import type { Move } from './faults.ts'
import type { RunFolder } from './run-folder.ts'

const checker = (file: string) => join(import.meta.dirname, 'checker', file)
const CHECKED_WITHIN_MS = 900_000
const SCHEMA_FILES: Readonly<Record<keyof typeof SCHEMA_IDS, string>> = {
  payment: 'payment-submitted',
  control: 'control-record',
  decision: 'decision',
  resolution: 'resolution',
  deadLetter: 'dead-letter',
  alert: 'alert',
  action: 'action',
  duplicate: 'duplicate',
  shadowVerdict: 'shadow-verdict',
}

/** What `laws.py` says of a dump. */
export interface Laws {
  /** As printed. */
  readonly text: string
  /** 0 when every law holds, 1 when one does not or compared nothing. */
  readonly exitCode: number
  readonly laws: Readonly<Record<string, { compared: number; failed: number; shown: readonly string[] }>>
  readonly dispositions: Readonly<Record<string, number>>
  /** Records with an outcome that nobody was told, and those that were refused or aborted. */
  readonly unknown: number
  readonly refused: number
  /** Records by topic that only a reader at read_uncommitted sees. */
  readonly hidden: Readonly<Record<string, number>>
}

/** Reads the cluster, on which nobody is at work, into the run's dump. */
export async function dumpCluster(bootstrap: readonly string[], folder: RunFolder, rules: RuleSet): Promise<void> {
  const order = {
    bootstrap: bootstrap.join(','),
    group: APPLICATION_ID,
    partitions: PARTITIONS,
    keys: folder.keys,
    rules,
    schema_dir: join(import.meta.dirname, '../../schemas'),
    schemas: Object.fromEntries(
      Object.entries(SCHEMA_FILES).map(([name, file]) => [SCHEMA_IDS[name as keyof typeof SCHEMA_IDS], file]),
    ),
    transactions: await transactions(bootstrap),
    dump: folder.dump,
  }
  const path = join(folder.path, 'read-order.json')
  writeFileSync(path, JSON.stringify(order), { mode: 0o600 })
  cpSync(folder.checkpoints, join(folder.dump, 'checkpoints'), { recursive: true })
  cpSync(join(folder.keys, 'state-key.hex'), join(folder.dump, 'state-key.hex'))
  await runPython(checker('read_cluster.py'), [path])
}

/** Every transactional id that the coordinators know, by Kafka's own tool. */
async function transactions(bootstrap: readonly string[]): Promise<{ readonly id: string; readonly state: string }[]> {
  const { exitCode, stdout, stderr } = await kafkaTool('kafka-transactions', [
    '--bootstrap-server',
    bootstrap.join(','),
    'list',
  ])
  if (exitCode !== 0) throw new Error(`kafka-transactions ended with ${exitCode}: ${stderr}`)
  const [, ...rows] = stdout.trim().split('\n')
  return rows.map((row) => {
    const [id = '', , , state = ''] = row.trim().split(/\s+/)
    return { id, state }
  })
}

/** Holds the laws against a dump. @throws Error when it cannot be read. */
export async function checkLaws(dump: string): Promise<Laws> {
  const verdict = join(dump, 'verdict.json')
  const { exitCode, stdout, stderr } = await python([checker('laws.py'), dump, '--json', verdict])
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`laws.py ended with ${exitCode}: ${stderr}${stdout}`)
  return { ...(JSON.parse(readFileSync(verdict, 'utf8')) as Omit<Laws, 'text' | 'exitCode'>), text: stdout, exitCode }
}

/** How long inputs of moved partitions waited for their output, by kind of move, in words. */
export async function waits(dump: string, moves: readonly Move[]): Promise<string> {
  const path = join(dump, 'moves.json')
  writeFileSync(path, JSON.stringify(moves))
  const { exitCode, stdout, stderr } = await python([checker('waits.py'), dump, path])
  if (exitCode !== 0) throw new Error(`waits.py ended with ${exitCode}: ${stderr}`)
  return stdout
}

function python(args: readonly string[]) {
  const { PATH = '' } = process.env
  return runProgram('python3', args, { env: { PATH, PYTHONDONTWRITEBYTECODE: '1' }, withinMs: CHECKED_WITHIN_MS })
}
