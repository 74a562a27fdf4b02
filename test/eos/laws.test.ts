import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DecisionReader, encodeDecision } from '../../schemas/generated/decision.ts'
import { asOutput } from '../faults/stored-records.ts'
import type { StoredRecord } from '../support/offline-chain.ts'
import { framed, SCHEMA_IDS } from '../support/payments-driver.ts'
import { checkLaws } from './check.ts'
import { type CheckedDump, perfectDump, writeDump } from './checked-dump.ts'

// Goal: the checker of the system test sees each fault that it is there for.
// Method: a perfect dump, which passes, then one fault at a time in a copy of it, which the law of the fault's row must name.

const INPUT = 'payments.submitted-0'
const DECIDED = 'payments.decided-0'
const OUTPUTS = ['payments.decided', 'payments.dlq', 'payments.duplicates', 'fraud.alerts', 'fraud.actions']

const root = mkdtempSync(join(tmpdir(), 'sluice-laws-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let perfect: CheckedDump
let made = 0
beforeAll(async () => {
  perfect = await perfectDump(join(root, 'checkpoints'))
}, 300_000)

/** The laws that do not hold in a copy of the perfect dump after `change`. */
async function brokenLaws(change: (dump: CheckedDump) => void): Promise<string[]> {
  const dump: CheckedDump = { ...structuredClone(perfect) }
  change(dump)
  const folder = join(root, `dump-${made++}`)
  writeDump(dump, folder)
  const { laws, exitCode } = await checkLaws(folder)
  rmSync(folder, { recursive: true })
  const broken = Object.entries(laws).filter(([, { compared, failed }]) => failed > 0 || compared === 0)
  expect(exitCode).toBe(broken.length === 0 ? 0 : 1)
  return broken.map(([law]) => law)
}

const recordsOf = (dump: CheckedDump, place: string): StoredRecord[] => {
  const records = dump.topics.get(place)
  if (records === undefined || records.length < 2) throw new Error(`${place} has no two records to falsify`)
  return records
}
const middle = (list: readonly unknown[]) => Math.floor(list.length / 2)
/** Where an alteration shows in the record itself and not only in its text. */
function flip(bytes: Uint8Array | null, at: number): void {
  bytes![at < 0 ? bytes!.length + at : at]! ^= 1
}

function decisionAt(dump: CheckedDump, index: number) {
  const reader = new DecisionReader()
  const { value } = recordsOf(dump, DECIDED)[index] as StoredRecord
  const view = new DataView(value!.buffer, value!.byteOffset, value!.byteLength)
  if (view.getInt32(1) !== SCHEMA_IDS.decision || reader.wrap(value!, view, 5, value!.length) !== 0)
    throw new Error('no decision')
  return reader.toObject()
}
type Decision = ReturnType<typeof decisionAt>

/** Writes a decision, changed, in the place of another, or behind all when `index` is past the end. */
function putDecision(dump: CheckedDump, index: number, decision: Decision): void {
  const records = recordsOf(dump, DECIDED)
  const { key, appendTimeMs } = records[0] as StoredRecord
  const offset = records[index]?.offset ?? records.length
  records[index] = { offset, appendTimeMs, key, value: framed(SCHEMA_IDS.decision, encodeDecision(decision)) }
}
const changeDecision = (dump: CheckedDump, change: (decision: Decision) => Partial<Decision>) => {
  const decision = decisionAt(dump, 3)
  putDecision(dump, 3, { ...decision, ...change(decision) })
}

const idOf = ({ transactionId, senderAccountId }: Decision) => ({ transactionId, senderAccountId })
const inputOffsetOf = (record: StoredRecord) => asOutput(record).inputOffset

/** The one checkpoint of partition 0: its bytes, and where a section's begin. */
function sectionAt(dump: CheckedDump, name: string): { readonly bytes: Uint8Array; readonly at: number } {
  const bytes = [...dump.checkpoints].find(([file]) => file.startsWith(`${INPUT}-`))?.[1]
  if (bytes === undefined) throw new Error('partition 0 has no checkpoint')
  const headLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, true)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(16, 16 + headLength))) as {
    sections: { name: string; byteLength: number }[]
  }
  let at = 16 + headLength + 4
  for (const section of header.sections) {
    if (section.name === name) return { bytes, at }
    at += section.byteLength + 4
  }
  throw new Error(`no section ${name}`)
}

interface Mutant {
  readonly law: string
  readonly why: string
  readonly change: (dump: CheckedDump) => void
}

const MUTANTS: readonly Mutant[] = [
  { law: 'C1', why: 'an acknowledged record is not in the log', change: (dump) => recordsOf(dump, INPUT).pop() },
  {
    law: 'C1',
    why: 'an acknowledged record was altered in the log',
    change: (dump) => flip(recordsOf(dump, INPUT)[7]!.value, -1),
  },
  {
    law: 'C1',
    why: 'two acknowledged records stand in the other’s place',
    change: (dump) => {
      const records = recordsOf(dump, INPUT)
      const [a, b] = [records[4]!, records[5]!]
      records[4] = { ...b, offset: a.offset }
      records[5] = { ...a, offset: b.offset }
    },
  },
  {
    law: 'C1',
    why: 'nothing became of an acknowledged record',
    change: (dump) => recordsOf(dump, DECIDED).splice(5, 1),
  },
  {
    law: 'C1',
    why: 'a record was acknowledged at another offset',
    change: ({ history }) => {
      const at = history.findLastIndex(({ type }) => type === 'ok')
      history[at] = { ...history[at]!, offset: history[at]!.offset! + 1 }
    },
  },
  {
    law: 'C2',
    why: 'a decision was written twice',
    change: (dump) => putDecision(dump, recordsOf(dump, DECIDED).length, decisionAt(dump, 3)),
  },
  {
    law: 'C2',
    why: 'a decision and a dead letter are about one input',
    change: (dump) => {
      const first = decisionAt(dump, 3)
      const [letter] = recordsOf(dump, 'payments.duplicates-0')
      // The duplicate's own input gets a decision as well.
      putDecision(dump, recordsOf(dump, DECIDED).length, { ...first, inputOffset: inputOffsetOf(letter!) })
    },
  },
  {
    law: 'C2',
    why: 'a repeat of a live id was decided',
    change: (dump) => putDecision(dump, 9, { ...decisionAt(dump, 9), ...idOf(decisionAt(dump, 3)) }),
  },
  {
    law: 'C3',
    why: 'a record that nobody sent is in the log',
    change: ({ history }) => history.splice(0, 2),
  },
  {
    law: 'C3',
    why: 'a record of an aborted transaction was read',
    change: ({ history }) => {
      const at = history.findIndex(({ type }) => type === 'ok')
      history[at] = { type: 'fail', n: history[at]!.n }
    },
  },
  {
    law: 'C3',
    why: 'a decision is about an offset that the input does not have',
    change: (dump) => changeDecision(dump, () => ({ inputOffset: 1_000_000 })),
  },
  {
    law: 'C3',
    why: 'a decision stands in another partition than its input',
    change: (dump) => {
      const moved = recordsOf(dump, DECIDED).splice(3, 1)
      recordsOf(dump, 'payments.decided-1').push(...moved)
    },
  },
  ...OUTPUTS.slice(0, 3).map(
    (topic): Mutant => ({
      law: 'C4',
      why: `an output of ${topic} was lost`,
      change: (dump) => {
        const records = recordsOf(dump, `${topic}-0`)
        records.splice(middle(records), 1)
      },
    }),
  ),
  {
    law: 'C4',
    why: 'the last input was skipped',
    change: (dump) => recordsOf(dump, DECIDED).pop(),
  },
  ...OUTPUTS.map(
    (topic): Mutant => ({
      law: 'C4',
      why: `two outputs of ${topic} are out of order`,
      change: (dump) => {
        const records = recordsOf(dump, `${topic}-0`)
        const [first, last] = [records[0]!, records.at(-1)!]
        records[0] = { ...last, offset: first.offset }
        records[records.length - 1] = { ...first, offset: last.offset }
      },
    }),
  ),
  {
    law: 'C8',
    why: 'a decision counts one payment too many',
    change: (dump) => changeDecision(dump, ({ velocityCount }) => ({ velocityCount: velocityCount + 1 })),
  },
  {
    law: 'C8',
    why: 'a decision is one minor unit too high',
    change: (dump) => changeDecision(dump, ({ amountMinor }) => ({ amountMinor: amountMinor + 1 })),
  },
  {
    law: 'C8',
    why: 'a payment is flagged that is not',
    change: (dump) => changeDecision(dump, ({ isVelocityFraud }) => ({ isVelocityFraud: !isVelocityFraud })),
  },
  {
    law: 'C8',
    why: 'a blocked payment was approved, or the reverse',
    change: (dump) => changeDecision(dump, ({ outcome }) => ({ outcome: outcome === 'approve' ? 'block' : 'approve' })),
  },
  ...OUTPUTS.slice(3).flatMap((topic): Mutant[] => [
    { law: 'C8', why: `an output of ${topic} was lost`, change: (dump) => recordsOf(dump, `${topic}-0`).splice(1, 1) },
    {
      law: 'C8',
      why: `an output of ${topic} was written twice`,
      change: (dump) => {
        const records = recordsOf(dump, `${topic}-0`)
        records.splice(1, 0, records[1]!)
      },
    },
  ]),
  {
    law: 'C9',
    why: 'a checkpoint knows an id that was never seen',
    change: (dump) => {
      const { bytes, at } = sectionAt(dump, 'dedup')
      const blocks = new DataView(bytes.buffer, bytes.byteOffset).getInt32(at + 4, true)
      flip(bytes, at + 16 + 17 * blocks)
    },
  },
  {
    law: 'C9',
    why: 'a checkpoint has lost its last id',
    change: (dump) => {
      const { bytes, at } = sectionAt(dump, 'dedup')
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      bytes[at + 16 + view.getInt32(at + 4, true) - 1]! -= 1
    },
  },
  {
    law: 'C9',
    why: 'a checkpoint counts a sender’s payments wrongly',
    change: (dump) => {
      const { bytes, at } = sectionAt(dump, 'senders')
      flip(bytes, at + 8 + (6 + 2) * 4)
    },
  },
  {
    law: 'C9',
    why: 'a checkpoint has forgotten a block',
    change: (dump) => {
      const { bytes, at } = sectionAt(dump, 'watches')
      new DataView(bytes.buffer, bytes.byteOffset).setFloat64(at + 8 + 8, Number.NEGATIVE_INFINITY, true)
      new DataView(bytes.buffer, bytes.byteOffset).setFloat64(at + 8 + 8 + 16, Number.NEGATIVE_INFINITY, true)
    },
  },
  {
    law: 'C9',
    why: 'a stale checkpoint claims a later offset',
    change: (dump) => {
      const [last] = recordsOf(dump, INPUT).splice(-1)
      for (const topic of OUTPUTS) {
        const records = dump.topics.get(`${topic}-0`)
        if (records !== undefined)
          dump.topics.set(
            `${topic}-0`,
            records.filter((one) => inputOffsetOf(one) !== last!.offset),
          )
      }
    },
  },
  {
    law: 'C9',
    why: 'a checkpoint is ahead of the committed offset',
    change: ({ committed }) => {
      committed['0']! -= 1
    },
  },
  { law: 'C9', why: 'there is no checkpoint to compare', change: ({ checkpoints }) => checkpoints.clear() },
  {
    law: 'C10',
    why: 'the committed offset is one short',
    change: ({ committed }) => {
      committed['1']! -= 1
    },
  },
  {
    law: 'C10',
    why: 'the committed offset is past the end',
    change: ({ committed }) => {
      committed['1']! += 1
    },
  },
  {
    law: 'C10',
    why: 'a transaction hangs, and readers stop before it',
    change: ({ stable }) => {
      stable[DECIDED]! -= 1
    },
  },
  {
    law: 'C10',
    why: 'a transaction is open',
    change: ({ transactions }) => {
      transactions[0] = { ...transactions[0]!, state: 'Ongoing' }
    },
  },
]

describe('the checker of the system test', () => {
  test('LAW-C1, LAW-C2, LAW-C3, LAW-C4, LAW-C8, LAW-C9, LAW-C10: pass a perfect dump, and count what they compared', async () => {
    const folder = join(root, 'perfect')
    writeDump(perfect, folder)
    const { laws, text } = await checkLaws(folder)
    expect(
      Object.entries(laws).map(([law, { failed, shown }]) => `${law} ${failed} ${shown}`),
      text,
    ).toEqual(['C1', 'C2', 'C3', 'C4', 'C8', 'C9', 'C10'].map((law) => `${law} 0 `))
    const inputs = perfect.topics.get(INPUT)!.length + perfect.topics.get('payments.submitted-1')!.length
    expect(laws['C1']!.compared).toBe(inputs)
    expect(laws['C4']!.compared).toBe(inputs)
    expect(laws['C8']!.compared).toBe(laws['C2']!.compared)
    for (const { compared } of Object.values(laws)) expect(compared).toBeGreaterThan(10)
  })

  test.each(MUTANTS)('LAW-$law: $why', { timeout: 300_000 }, async ({ law, change }) => {
    expect(await brokenLaws(change)).toContain(law)
  })
})
