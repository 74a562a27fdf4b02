import type { Config } from '../../../platform/config.ts'
import { measureHooks } from '../../../platform/hook-metrics.ts'
import type { Logger } from '../../../platform/logger.ts'
import type { Metrics } from '../../../platform/metrics.ts'
import type { Hook } from '../../../redis-alerts/hooks/hook.ts'
import { HOOK_OUTCOME_SYMBOLS } from '../../../schemas/generated/enums.ts'
import type { Session } from '../session.ts'
import { hookDetails } from './hooks-process.ts'
import { createHooks, hookLags, type ReadyHook, readyHooks } from './session-hooks.ts'

type HookLogger = Pick<Logger, 'error' | 'warn'>

/** The hooks of `sluice up`: what `sluice hooks run` is on a cluster. */
export class UpHooks {
  private readonly hooks: readonly Hook[]
  private readonly logger: HookLogger

  private constructor(hooks: readonly Hook[], logger: HookLogger) {
    this.hooks = hooks
    this.logger = logger
  }

  /** What the settings name, before anything is opened. @throws ConfigError, KeysError */
  static ready(config: Config): readonly ReadyHook[] {
    return readyHooks(config)
  }

  static async create(
    session: Session,
    ready: readonly ReadyHook[],
    logger: HookLogger,
    { registry }: Pick<Metrics, 'registry'>,
  ): Promise<UpHooks> {
    let hooks: readonly Hook[] = []
    const names = ready.map(({ config: { name } }) => name)
    const metrics = measureHooks(registry, {
      hooks: () => hooks,
      outcomes: HOOK_OUTCOME_SYMBOLS,
      lags: () => hookLags(session.log, names),
    })
    hooks = await createHooks(session, ready, logger, metrics)
    return new UpHooks(hooks, logger)
  }

  get details(): Readonly<Record<string, object>> {
    return hookDetails(this.hooks)
  }

  /** Resolves after a drain. Decisions do not need hooks: what ends one is logged, and the process goes on. */
  async keepUp(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.hooks.map((hook) =>
        hook.run(signal).catch((error: Error) => {
          this.logger.error({ hook: hook.name, error: error.message }, 'a hook ended, decisions go on')
        }),
      ),
    )
  }
}
