import type { HookAction } from '../../../redis-alerts/hooks/hook-action.ts'

/** An action as a hook reads it. */
export function hookAction(number: number, given: Partial<HookAction> = {}): HookAction {
  const actionId = `3-${number}-BLOCK_CARD`
  return {
    partition: 3,
    offset: number,
    actionId,
    action: 'BLOCK_CARD',
    eventTimeMs: Date.parse('2026-11-25T12:00:00Z'),
    json: JSON.stringify({ action: 'BLOCK_CARD', action_id: actionId }),
    ...given,
  }
}
