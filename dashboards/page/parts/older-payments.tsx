import { useSignal } from '@preact/signals'
import type { PaymentView } from '../../board/views.ts'
import { useLoaded } from '../api.ts'
import { Empty, Failure, Panel } from './blocks.tsx'
import { PaymentTable } from './payment-table.tsx'

interface OlderPaymentsProps {
  readonly account: string
  /** What is shown already begins here, epoch ms. */
  readonly beforeMs: number
}

/** An account's payments from before those of the log, which the archive is asked for when somebody wants them. */
export function OlderPayments({ account, beforeMs }: OlderPaymentsProps) {
  const asked = useSignal<number | null>(null)
  return (
    <Panel title="Older payments" aside={<span class="push muted">from the archive</span>}>
      {asked.value === null ? (
        <div class="body">
          <button
            type="button"
            class="button"
            onClick={() => {
              asked.value = beforeMs
            }}
          >
            Read the archive
          </button>
        </div>
      ) : (
        <Read path={`/accounts/${encodeURIComponent(account)}/history?before=${asked.value}`} />
      )}
    </Panel>
  )
}

function Read({ path }: { readonly path: string }) {
  const { data, error } = useLoaded<readonly PaymentView[]>(path, null)
  if (data === null) return <Failure error={error} />
  if (data.length === 0) return <Empty title="Nothing older">The archive has no earlier payment of this account.</Empty>
  return <PaymentTable payments={data} />
}
