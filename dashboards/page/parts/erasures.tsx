import type { ErasureView } from '../../board/views.ts'
import { dateTime, visible } from '../text.ts'
import { Empty, Panel } from './blocks.tsx'

/** Who asked that a person be forgotten, and how each store stands. */
export function Erasures({ erasures }: { readonly erasures: readonly ErasureView[] }) {
  return (
    <Panel title="Erasures" aside={<code class="push muted">sluice erase</code>}>
      {erasures.length === 0 ? (
        <Empty title="Nobody asked to be forgotten">
          What sluice erase is asked for in this data folder stands here.
        </Empty>
      ) : (
        <div class="body stack">
          {erasures.map((one) => (
            <Stores key={`${one.subject}${one.requested}`} erasure={one} />
          ))}
        </div>
      )}
    </Panel>
  )
}

/** A subject is long: its end tells one from another. */
const SHOWN = 12

function Stores({
  erasure: { subject, requested, by, reason, failure, complete_from, stores },
}: {
  readonly erasure: ErasureView
}) {
  return (
    <table class="list" data-erasure={subject}>
      <caption>
        <span class="mono" title={subject}>
          …{subject.slice(-SHOWN)}
        </span>{' '}
        asked for by {visible(by)} {time(requested)}: {visible(reason)};{' '}
        {complete_from === null ? 'something waits' : `gone everywhere from ${time(complete_from)}`}
        {failure !== null && `; the last try failed and is made again: ${visible(failure)}`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Store</th>
          <th scope="col">Nothing left from</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {stores.map(({ store, from, state, why }) => (
          <tr key={store} data-store={store}>
            <th scope="row" class="mono">
              {store}
            </th>
            <td>{from === null ? 'not known yet' : time(from)}</td>
            <td class="wrap">
              {state}: {why}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function time(iso: string): string {
  return dateTime(Date.parse(iso))
}
