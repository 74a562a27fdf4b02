import { type Config, ConfigError, variableOf } from '../../../platform/config.ts'
import type { HookMetrics } from '../../../platform/hook-metrics.ts'
import { type HookConfig, readHooks, type WebhookConfig } from '../../../platform/hooks-config.ts'
import type { Logger } from '../../../platform/logger.ts'
import { AddressRules, addressOf } from '../../../redis-alerts/hooks/address-rules.ts'
import { Hook, hookGroup } from '../../../redis-alerts/hooks/hook.ts'
import { ACTION_PARTITIONS, joinLog } from '../../../redis-alerts/hooks/hook-session.ts'
import type { HookTarget } from '../../../redis-alerts/hooks/hook-target.ts'
import { RedisChannel } from '../../../redis-alerts/hooks/redis-channel.ts'
import { RETRY_PLAN } from '../../../redis-alerts/hooks/retry-plan.ts'
import { parseSecrets } from '../../../redis-alerts/hooks/signature.ts'
import { Webhook } from '../../../redis-alerts/hooks/webhook.ts'
import { readLag } from '../../../streams/log/lag.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { readSecretFile } from '../keys.ts'
import { redisTarget } from '../redis-target.ts'
import { hookDeliveryId } from '../schema-ids.ts'
import type { Session } from '../session.ts'

/** A hook of the hooks file whose receiver is made: its secrets are read and its address is allowed. */
export interface ReadyHook {
  readonly config: HookConfig
  readonly target: HookTarget
}

/**
 * The hooks that the settings name, none where no file is named. Nothing is connected to yet.
 * @throws ConfigError, KeysError for a secrets file that is missing or open to others.
 */
export function readyHooks(config: Config): ReadyHook[] {
  return readHooks(config.hooksFile).map((hook) => ({
    config: hook,
    target: 'url' in hook ? webhook(config, hook) : new RedisChannel(redisTarget(config), hook.redis_channel),
  }))
}

function webhook(config: Config, hook: WebhookConfig): Webhook {
  const { name, url, secrets_file: path, timeout_ms: timeoutMs, allow_networks: networks } = hook
  const setting = `${variableOf('hooksFile')}=${config.hooksFile}: ${name}:`
  try {
    const rules = new AddressRules(networks)
    const address = addressOf(url)
    if (address !== null && !rules.allows(address)) {
      throw new Error(`${address} is no public address; name its network in allow_networks if it is meant`)
    }
    const secrets = readSecretFile(path, `${setting} secrets_file names a file that its owner alone can read`)
    const keys = secretsOf(path, secrets)
    return new Webhook({ url, keys, rules, timeoutMs, nowMs: machineTime.nowMs })
  } catch (error) {
    if (error instanceof Error && error.constructor === Error) throw new ConfigError(`${setting} ${error.message}`)
    throw error
  }
}

function secretsOf(path: string, text: string): Buffer[] {
  try {
    return parseSecrets(text)
  } catch (error) {
    throw new Error(`secrets_file ${path} ${(error as Error).message}`)
  }
}

/**
 * The hooks over a session's log, not yet running. They are brought what is written from now on.
 * @throws StreamsError, and what `SchemaRegistry.idOf` rejects with
 */
export async function createHooks(
  session: Session<Log>,
  ready: readonly ReadyHook[],
  logger: Pick<Logger, 'error' | 'warn'>,
  metrics: Pick<HookMetrics, 'observeTry'>,
): Promise<Hook[]> {
  const schemaIds = { action: session.ids.action, hookDelivery: await hookDeliveryId(session.registry) }
  await Promise.all(ready.map(({ config }) => joinLog(session.log, session.log.group(hookGroup(config.name)))))
  return ready.map(({ config, target }) => {
    const { name: hook, actions, concurrency, tries, first_retry_ms: firstMs } = config
    return new Hook({
      hook,
      actions,
      target,
      concurrency,
      plan: { ...RETRY_PLAN, tries, firstMs },
      random: Math.random,
      log: session.log,
      group: session.log.group(hookGroup(hook)),
      schemaIds,
      clock: machineTime,
      events: {
        onWaiting: (error) => logger.warn({ hook, code: error.code, error: error.message }, 'actions wait in the log'),
        onLost: (at, offsets) =>
          logger.error({ hook, ...at, offsets }, 'retention took actions that the hook never had'),
        onMalformed: (at, offset) => logger.error({ hook, ...at, offset }, 'a record is no action, and is passed over'),
        onRecorded: ({ outcome, actionId, detail, latencyMs }) => {
          metrics.observeTry(hook, latencyMs)
          if (outcome === 'DEAD')
            logger.error({ hook, actionId, detail }, 'an action is given up; `sluice hooks replay`')
        },
      },
    })
  })
}

/** Actions that each hook has no try on record of. */
export async function hookLags(log: Log, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const lags = names.map(async (name) => {
    const group = log.group(hookGroup(name))
    const parts = ACTION_PARTITIONS.map(async (at) => {
      const committed = await group.committed(at)
      return committed === null ? 0 : (await readLag(log, at, committed.offset)).records
    })
    return [name, (await Promise.all(parts)).reduce((sum, records) => sum + records, 0)] as const
  })
  const told = await Promise.allSettled(lags)
  return new Map(told.flatMap((lag) => (lag.status === 'fulfilled' ? [lag.value] : [])))
}
