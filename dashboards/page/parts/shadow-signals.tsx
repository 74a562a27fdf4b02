import type { ShadowSignalView, ShadowView } from '../../board/views.ts'
import { count, words } from '../text.ts'
import { Empty, Panel } from './blocks.tsx'

/** What the signals in shadow of the rule set in force would have done. They count for nothing. */
export function ShadowSignals({ shadow: { decisions, signals } }: { readonly shadow: ShadowView }) {
  return (
    <Panel title="In shadow" aside={<span class="push muted">of {count(decisions)} decisions</span>}>
      {signals.length === 0 ? (
        <Empty title="No signal is in shadow">
          Put <code>shadow: true</code> at a signal of the rule file: it is judged and told of here, and counts for
          nothing.
        </Empty>
      ) : (
        <div class="scroll">
          <table class="list">
            <caption class="unseen">What signals in shadow would have done</caption>
            <thead>
              <tr>
                <th scope="col">Signal</th>
                <th scope="col" class="number">
                  Hits
                </th>
                <th scope="col" class="number">
                  Share
                </th>
                <th scope="col">Would have added</th>
                <th scope="col">Reviewed</th>
              </tr>
            </thead>
            <tbody>
              {signals.map((one) => (
                <Row key={one.signal} one={one} decisions={decisions} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

function Row({ one, decisions }: { readonly one: ShadowSignalView; readonly decisions: number }) {
  const { signal, hits, added, approved, declined } = one
  const share = decisions === 0 ? '–' : `${((hits / decisions) * 100).toFixed(1)} %`
  const actions = added.map(({ action, count: times }) => `${words(action)} ${count(times)}`).join(', ')
  const reviewed = approved + declined === 0 ? 'none' : `${count(approved)} approved, ${count(declined)} declined`
  return (
    <tr data-shadow={signal}>
      <th scope="row">{words(signal)}</th>
      <td class="number">{count(hits)}</td>
      <td class="number">{share}</td>
      <td class="wrap">{actions === '' ? 'nothing' : actions}</td>
      <td class="wrap muted">{reviewed}</td>
    </tr>
  )
}
