import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RuleSet } from '../../schemas/rule-set.ts'
import type { StoredRecord } from '../support/offline-chain.ts'
import { SCHEMA_IDS } from '../support/payments-driver.ts'
import { TEST_MASK_KEYS } from '../support/test-keys.ts'

/** Schema files by record, as dump.json names them. */
const SCHEMA_FILES = {
  payment: 'payment-submitted',
  control: 'control-record',
  decision: 'decision',
  resolution: 'resolution',
  deadLetter: 'dead-letter',
  alert: 'alert',
  action: 'action',
  duplicate: 'duplicate',
  shadowVerdict: 'shadow-verdict',
} as const

export interface DumpedChain {
  readonly partitions: number
  readonly topics: ReadonlyMap<string, readonly StoredRecord[]>
  readonly rules: RuleSet
  readonly signers?: readonly { readonly id: string; readonly kinds: readonly string[] }[]
  readonly controlVerdicts?: Readonly<Record<string, boolean>>
}

/** Writes what a chain read and wrote in the format of `dump.py`. */
export function dumpChain(directory: string, chain: DumpedChain): void {
  mkdirSync(directory, { recursive: true })
  for (const [name, records] of chain.topics) {
    writeFileSync(join(directory, `${name}.records`), Buffer.concat(records.flatMap(encodeRecord)))
  }
  const about = {
    partitions: chain.partitions,
    schemas: Object.fromEntries(
      Object.entries(SCHEMA_IDS).map(([name, id]) => [id, SCHEMA_FILES[name as keyof typeof SCHEMA_FILES]]),
    ),
    schema_dir: join(import.meta.dirname, '../../schemas'),
    mask_keys: TEST_MASK_KEYS.map(({ id, secret }) => ({ id, hex: Buffer.from(secret).toString('hex') })),
    signers: chain.signers ?? [],
    control_verdicts: chain.controlVerdicts ?? {},
    rules: chain.rules,
  }
  writeFileSync(join(directory, 'dump.json'), JSON.stringify(about))
}

function encodeRecord({ offset, appendTimeMs, key, value }: StoredRecord): Uint8Array[] {
  const head = Buffer.alloc(20)
  head.writeBigInt64BE(BigInt(offset), 0)
  head.writeBigInt64BE(BigInt(appendTimeMs), 8)
  head.writeInt32BE(key?.length ?? -1, 16)
  const length = Buffer.alloc(4)
  length.writeInt32BE(value?.length ?? -1)
  return [head, key ?? new Uint8Array(0), length, value ?? new Uint8Array(0)]
}
