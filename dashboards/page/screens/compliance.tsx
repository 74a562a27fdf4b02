import { useSignal } from '@preact/signals'
import type { ComplianceView, MaskingAuditView } from '../../board/views.ts'
import { useLoaded } from '../api.ts'
import { Empty, Failure, Panel } from '../parts/blocks.tsx'
import { Erasures } from '../parts/erasures.tsx'
import { decisionPath, query, setQuery } from '../route.ts'
import { count, dateTime, duration, visible, words } from '../text.ts'

const EVERY_MS = 5_000

/** What was masked, who is being forgotten, and whether the archive that proves it is up to date. */
export function ComplianceScreen() {
  const { data, error } = useLoaded<ComplianceView>('/compliance', EVERY_MS)
  const find = query.value.get('find') ?? ''
  return (
    <>
      <Failure error={error} />
      <div class="columns even">
        <div class="stack">
          <Panel title="Masking audit">
            <div class="body stack">
              <Find key={find} find={find} />
              {find !== '' && <Audits key={find} find={find} />}
            </div>
          </Panel>
          {data !== null && <Erasures erasures={data.erasures} />}
        </div>
        {data !== null && (
          <div class="stack">
            <Archive view={data} />
            <Proof view={data} />
          </div>
        )}
      </div>
    </>
  )
}

function Find({ find }: { readonly find: string }) {
  const text = useSignal(find)
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault()
        setQuery('find', text.value.trim())
      }}
    >
      <label for="find-audit">Transaction id or token</label>
      <input
        id="find-audit"
        autocomplete="off"
        value={text.value}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value
        }}
      />
      <button type="submit" class="button">
        Search
      </button>
    </form>
  )
}

function Audits({ find }: { readonly find: string }) {
  const { data, error } = useLoaded<readonly MaskingAuditView[]>(`/maskings?find=${encodeURIComponent(find)}`, null)
  if (data === null) return <Failure error={error} />
  if (data.length === 0) {
    return <Empty title="No such audit">The archive holds none for {visible(find)}; it may be behind the log.</Empty>
  }
  return (
    <div class="scroll">
      <table class="list">
        <caption class="unseen">What was masked, the newest first; never a value</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Decision</th>
            <th scope="col">Field</th>
            <th scope="col">Rule</th>
            <th scope="col">Key</th>
          </tr>
        </thead>
        <tbody>
          {data.flatMap((audit) =>
            fieldsOf(audit).map(({ field, rule, keyId }) => (
              <tr key={`${audit.decisionId}${field}`} data-masking={field}>
                <td>{dateTime(audit.eventTime)}</td>
                <td>
                  <a class="mono" href={decisionPath(audit.decisionId)}>
                    {audit.decisionId}
                  </a>
                </td>
                <td class="mono">{field}</td>
                <td>{rule}</td>
                <td class="mono">{keyId ?? ''}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  )
}

function fieldsOf({ fields }: MaskingAuditView): readonly { field: string; rule: string; keyId: string | null }[] {
  if (fields.length === 0) return [{ field: 'none', rule: 'It held nothing to mask', keyId: null }]
  return fields.map(({ field, rule, keyId }) => ({ field, rule: words(rule), keyId }))
}

function Archive({ view: { topics } }: { readonly view: ComplianceView }) {
  return (
    <Panel title="Archive" aside={<span class="push muted">against the end of the log</span>}>
      <table class="list">
        <caption class="unseen">How far the archive is behind each topic</caption>
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col" class="number">
              Archived to
            </th>
            <th scope="col" class="number">
              Log’s end
            </th>
            <th scope="col" class="number">
              Records behind
            </th>
            <th scope="col" class="number">
              Time behind
            </th>
          </tr>
        </thead>
        <tbody>
          {topics.map(({ topic, position, end, records, behindMs }) => (
            <tr key={topic} data-archived={topic}>
              <th scope="row" class="mono">
                {topic}
              </th>
              <td class="number">{count(position)}</td>
              <td class="number">{count(end)}</td>
              <td class="number">{count(records)}</td>
              <td class="number">{duration(behindMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function Proof({ view: { proof, why } }: { readonly view: ComplianceView }) {
  return (
    <Panel title="Proof of masking" aside={<code class="push muted">sluice sql "from masking_proof"</code>}>
      {proof.length === 0 ? (
        <Empty title={why === null ? 'Nothing is archived yet' : 'The archive does not answer'}>
          {why ?? 'The first payment that is archived begins it.'}
        </Empty>
      ) : (
        <table class="list">
          <caption class="unseen">Payments of the last days and what their archive shows</caption>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col" class="number">
                Payments
              </th>
              <th scope="col" class="number">
                Audited
              </th>
              <th scope="col" class="number">
                Values shown
              </th>
              <th scope="col" class="number">
                Texts like a card
              </th>
            </tr>
          </thead>
          <tbody>
            {proof.map(({ date, payments, audited, shown, texts }) => (
              <tr key={date}>
                <th scope="row">{date}</th>
                <td class="number">{count(payments)}</td>
                <td class="number">{count(audited)}</td>
                <td class="number">{count(shown)}</td>
                <td class="number">{count(texts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
