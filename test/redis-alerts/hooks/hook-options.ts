import { expect } from 'vitest'
import { type HookOptions, hookGroup } from '../../../redis-alerts/hooks/hook.ts'
import { RETRY_PLAN } from '../../../redis-alerts/hooks/retry-plan.ts'
import { ACTION_SYMBOLS } from '../../../schemas/generated/enums.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { SCHEMA_IDS } from '../alert-log.ts'

/** As in the local registry. */
export const HOOK_DELIVERY = 11

/** A hook over a log that never fails, which tries again within moments. */
export function hookOptions(
  log: Log,
  hook: string,
  target: HookOptions['target'],
  given: Partial<HookOptions> = {},
): HookOptions {
  return {
    hook,
    target,
    actions: ACTION_SYMBOLS,
    concurrency: 4,
    plan: { ...RETRY_PLAN, firstMs: 20, maxMs: 50 },
    random: () => 0.5,
    log,
    group: log.group(hookGroup(hook)),
    schemaIds: { action: SCHEMA_IDS.action, hookDelivery: HOOK_DELIVERY },
    clock: machineTime,
    events: {
      onWaiting: (error) => expect.unreachable(error.message),
      onLost: (_at, offsets) => expect.unreachable(`${offsets} actions are lost`),
      onMalformed: () => {},
      onRecorded: () => {},
    },
    ...given,
  }
}
