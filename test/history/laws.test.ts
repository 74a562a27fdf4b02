import { expect, test } from 'vitest'
import type { CallLine, ClaimRow, DecisionRow, EndLine, Evidence, HistoryLine, LogRows } from './checker/history.ts'
import { judge, type Law } from './checker/laws.ts'

// Goal: the checker of the history test sees each fault that it is there for.
// Method: a perfect history, which passes, then one fault at a time in a copy of it, which the law of the fault's row must name.

interface Falsified {
  readonly history: HistoryLine[]
  readonly log: { [rows in keyof LogRows]: LogRows[rows][number][] }
}

const KEYS = 8
const CHALLENGED = 6
const reference = (offset: number) => (offset * 1_024 + 3).toString(36).toUpperCase().padStart(6, '0')
const success = (n: number) => `{"status":"SUCCESS","transaction_id":"tx-${n}","reference":"${reference(n + 100)}"}\n`

/** Keys of two callers: each claimed, paid once, answered, asked again by way of the other instance, and read. The last two wait for codes. */
function perfect(): Falsified {
  const history: HistoryLine[] = []
  const log: Falsified['log'] = { claims: [], decisions: [], resolutions: [] }
  let calls = 0
  const told = (call: Partial<CallLine>, status: number, text: string, atMs: number) => {
    const n = calls++
    const base = { type: 'call', kind: 'confirm', caller: 'usr', key: 'k', life: 'one-1' } as const
    const body = { transactionId: 'tx', fromAccount: 'acc', amountMinor: 1 }
    history.push({ ...base, body, ...call, n, atMs }, { type: 'end', n, status, text, atMs: atMs + 5 })
  }
  for (let n = 0; n < KEYS; n++) {
    const who = {
      caller: `usr-${n % 2}`,
      key: `k-${n >> 1}`,
      body: { transactionId: `tx-${n}`, fromAccount: `acc-${n}`, amountMinor: 5_200 },
    }
    const { caller, key, body } = who
    const [claimId, decisionId] = [`claim-${n}`, `3-${n + 100}`]
    const other = { ...who, life: 'two-1' }
    log.claims.push({ claimId, caller, key, partition: 1, offset: 2 * n, appendTimeMs: 1_000 * n, decisionId: null })
    log.claims.push({
      claimId: `late-${n}`,
      caller,
      key,
      partition: 1,
      offset: 2 * n + 1,
      appendTimeMs: 1_000 * n + 1,
      decisionId: null,
    })
    const outcome = n < CHALLENGED ? 'approve' : 'challenge'
    const { transactionId, fromAccount: account, amountMinor } = body
    log.decisions.push({
      decisionId,
      transactionId,
      account,
      amountMinor,
      claimId,
      outcome,
      appendTimeMs: 1_000 * n + 2,
    })
    if (n < CHALLENGED) told(who, 200, success(n), 100 * n)
    else {
      told(who, 403, '{"status":"OTP_REQUIRED","expires_in":300}\n', 100 * n)
      told(who, 401, '{"code":"INVALID_OTP","tries_left":4}\n', 100 * n + 10)
      log.resolutions.push({ decisionId, outcome: 'passed' })
      told(other, 200, success(n), 100 * n + 20)
    }
    told(other, 200, success(n), 100 * n + 30)
    told({ ...other, body: { ...body, amountMinor: 9 } }, 422, '{"code":"KEY_REUSED"}\n', 100 * n + 40)
    told(who, 409, '{"code":"IN_PROGRESS"}\n', 100 * n + 2)
    told({ ...who, kind: 'read', key: '' }, 200, '{"status":"PENDING","final":false}', 100 * n + 3)
    told({ ...who, kind: 'read', key: '' }, 200, '{"status":"SUCCESS","final":true}', 100 * n + 50)
    told({ ...who, kind: 'read', key: '', caller: 'usr-9' }, 404, '{"code":"NOT_FOUND"}', 100 * n + 51)
  }
  return { history, log }
}

function brokenLaws(change: (evidence: Falsified) => void): string[] {
  const evidence = perfect()
  change(evidence)
  const verdicts = Object.entries(judge(evidence as Evidence))
  return verdicts.filter(([, { compared, failed }]) => failed > 0 || compared === 0).map(([law]) => law)
}

/** Changes the answer that comes `index`th of those with the status, counted from the end where negative. */
function reanswer(
  { history }: Falsified,
  status: number,
  index: number,
  change: (end: EndLine) => Partial<EndLine>,
): void {
  const ends = history.filter((line): line is EndLine => line.type === 'end' && line.status === status)
  const end = ends.at(index)
  if (end === undefined) throw new Error(`no answer ${status}`)
  history[history.indexOf(end)] = { ...end, ...change(end) }
}

const replaced = <T>(rows: T[], index: number, change: Partial<T>) => {
  rows[index] = { ...(rows[index] as T), ...change }
}
const other = (text: string, from: string, to: string) => {
  if (!text.includes(from)) throw new Error(`no ${from} to change`)
  return { text: text.replace(from, to) }
}

interface Mutant {
  readonly law: Law
  readonly why: string
  readonly change: (evidence: Falsified) => void
}

const MUTANTS: readonly Mutant[] = [
  {
    law: 'H1',
    why: 'a key was paid twice, by one instance each',
    change: ({ log }) => void log.decisions.push({ ...(log.decisions[2] as DecisionRow), decisionId: '3-900' }),
  },
  {
    law: 'H1',
    why: 'a payment that was answered is not in the log',
    change: ({ log }) => void log.decisions.splice(1, 1),
  },
  {
    law: 'H1',
    why: 'both contents of one key were paid',
    change: ({ log }) =>
      void log.decisions.push({ ...(log.decisions[2] as DecisionRow), amountMinor: 9, decisionId: '3-901' }),
  },
  {
    law: 'H1',
    why: 'something was paid that nobody asked for',
    change: ({ log }) => void log.decisions.push({ ...(log.decisions[2] as DecisionRow), transactionId: 'tx-x' }),
  },
  {
    law: 'H2',
    why: 'a reference is of no decision',
    change: (evidence) => reanswer(evidence, 200, 0, ({ text }) => other(text, reference(100), reference(101))),
  },
  {
    law: 'H2',
    why: 'a repeat has a reference of its own',
    change: (evidence) => reanswer(evidence, 200, 1, ({ text }) => other(text, reference(100), 'ZZZZZZ')),
  },
  {
    law: 'H3',
    why: 'a repeat has its members in another order',
    change: (evidence) =>
      reanswer(evidence, 200, 1, ({ text }) => ({
        text: JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse())),
      })),
  },
  {
    law: 'H3',
    why: 'a repeat lacks the last line feed',
    change: (evidence) => reanswer(evidence, 200, 1, ({ text }) => ({ text: text.trimEnd() })),
  },
  {
    law: 'H4',
    why: 'the other instance asks for a code again after the end',
    change: (evidence) =>
      reanswer(evidence, 200, -3, () => ({ status: 403, text: '{"status":"OTP_REQUIRED","expires_in":300}\n' })),
  },
  {
    law: 'H4',
    why: 'a finished call is said to run still',
    change: (evidence) => reanswer(evidence, 200, 1, () => ({ status: 409, text: '{"code":"IN_PROGRESS"}\n' })),
  },
  {
    law: 'H5',
    why: 'success was said of a challenge that nobody passed',
    change: ({ log }) => void log.resolutions.pop(),
  },
  {
    law: 'H5',
    why: 'success was said of what was blocked',
    change: ({ log }) => replaced(log.decisions, 0, { outcome: 'block' }),
  },
  {
    law: 'H6',
    why: 'the highest offset has won',
    change: ({ log }) => replaced(log.decisions, 2, { claimId: 'late-2' }),
  },
  {
    law: 'H6',
    why: 'a payment was posted before its claim',
    change: ({ log }) => replaced(log.claims, 4, { appendTimeMs: 9_999 } satisfies Partial<ClaimRow>),
  },
  { law: 'H6', why: 'a payment has no claim', change: ({ log }) => void log.claims.splice(4, 1) },
  {
    law: 'H7',
    why: 'a repeat was refused as other content',
    change: (evidence) => reanswer(evidence, 200, 1, () => ({ status: 422, text: '{"code":"KEY_REUSED"}\n' })),
  },
  {
    law: 'H7',
    why: 'other content was answered',
    change: (evidence) => reanswer(evidence, 422, 0, () => ({ status: 200, text: success(0) })),
  },
  {
    law: 'H7',
    why: 'an instance failed',
    change: (evidence) => reanswer(evidence, 422, 0, () => ({ status: 500, text: '{"code":"INTERNAL"}\n' })),
  },
  {
    law: 'H8',
    why: 'an instance forgets what it has shown',
    change: ({ history }) => {
      const reads = history.filter((line) => line.type === 'call' && line.kind === 'read')
      replaced(history, history.indexOf(reads[1] as HistoryLine) + 1, {
        text: '{"status":"PENDING","final":false}',
      } as EndLine)
      replaced(history, history.indexOf(reads[0] as HistoryLine) + 1, {
        text: '{"status":"SUCCESS","final":true}',
      } as EndLine)
    },
  },
  {
    law: 'H8',
    why: 'a stranger is shown a payment',
    change: (evidence) =>
      reanswer(evidence, 404, 0, () => ({ status: 200, text: '{"status":"SUCCESS","final":true}' })),
  },
]

test('the checker finds nothing in a perfect history', () => {
  expect(brokenLaws(() => {})).toEqual([])
})

test('the checker fails where it has nothing to compare', () => {
  const empty = brokenLaws(({ history, log }) => {
    history.length = 0
    for (const rows of Object.values(log)) rows.length = 0
  })
  expect(empty).toEqual(['H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8'])
})

test.each(MUTANTS)('LAW-$law: $why', ({ law, change }) => {
  expect(brokenLaws(change)).toContain(law)
})
