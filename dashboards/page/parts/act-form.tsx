import { useSignal } from '@preact/signals'
import type { Role } from '../../board/views.ts'
import { act, type Refused, session } from '../api.ts'
import { ROLE_ORDER } from '../roles.ts'
import { Icon } from './icon.tsx'

/** One thing that can be done, with its path behind the board's. */
export interface Offer {
  readonly label: string
  readonly path: string
  readonly role: Role
  readonly danger?: boolean
  /** Asks for an end, in hours from now. */
  readonly hours?: number
}

interface ActFormProps {
  readonly offers: readonly Offer[]
  readonly reasonId: string
  readonly onDone: () => void
}

/** A reason and what may be done with it. What the server says of it stands below. */
export function ActForm({ offers, reasonId, onDone }: ActFormProps) {
  const reason = useSignal('')
  const said = useSignal<{ readonly text: string; readonly good: boolean } | null>(null)
  const busy = useSignal(false)
  const role = session.value?.user?.role ?? 'viewer'
  const perform = async ({ label, path, hours }: Offer) => {
    if (reason.value.trim() === '') {
      said.value = { text: 'Say why first: the reason is kept with the act.', good: false }
      document.getElementById(reasonId)?.focus()
      return
    }
    busy.value = true
    const until = hours === undefined ? {} : { until: new Date(Date.now() + hours * 3_600_000).toISOString() }
    try {
      const { holds, place } = await act(path, { reason: reason.value, ...until })
      const where = place === null ? '' : ` at input ${place}`
      said.value = {
        text: `${label}: ${holds ? 'holds' : 'written; it holds once the pipeline comes to it'}${where}`,
        good: true,
      }
      reason.value = ''
      onDone()
    } catch (error) {
      said.value = { text: (error as Refused).message, good: false }
    } finally {
      busy.value = false
    }
  }
  return (
    <>
      <div class="act">
        <label class="unseen" for={reasonId}>
          Reason
        </label>
        <input
          id={reasonId}
          name="reason"
          maxLength={200}
          placeholder="Reason, kept with the act"
          autocomplete="off"
          value={reason.value}
          onInput={(event) => {
            reason.value = event.currentTarget.value
          }}
        />
        {offers.map((offer) => (
          <button
            key={offer.path}
            type="button"
            class={`button ${offer.danger === true ? 'danger' : ''}`}
            data-act={offer.path.split('/').at(-1)}
            disabled={busy.value || ROLE_ORDER[role] < ROLE_ORDER[offer.role]}
            title={ROLE_ORDER[role] < ROLE_ORDER[offer.role] ? `Needs the role ${offer.role}` : ''}
            onClick={() => void perform(offer)}
          >
            {offer.label}
          </button>
        ))}
      </div>
      <p class={said.value === null ? 'unseen' : `notice said ${said.value.good ? 'ok' : 'critical'}`} role="status">
        {said.value !== null && <Icon name={said.value.good ? 'approve' : 'critical'} />}
        {said.value?.text}
      </p>
    </>
  )
}
