import type { ArchiveSchemaIds } from '../../bigquery/rows/record-rows.ts'
import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { RegistryUnreachableError, type SchemaRegistry } from '../../schemas/registry.ts'
import { subjectOf, TOPICS, type Topic } from '../../schemas/topics.ts'
import { Backoff } from '../../streams/kafka/backoff.ts'
import type { machineTime } from '../../streams/machine/machine-time.ts'
import { complain } from '../view/text.ts'

/** Between two questions to a registry that does not answer: from 0.2 s to 5 s. */
export const registryBackoff = (): Backoff => new Backoff(200, 5_000)

/** The ids under which the registry knows the schemas of this build. @throws what `SchemaRegistry.idOf` rejects with. */
export async function schemaIds(registry: SchemaRegistry): Promise<SchemaIds> {
  const idOf = (topic: Topic, record: keyof typeof SCHEMAS) =>
    registry.idOf(subjectOf(topic.name, `sluice.${record}`), JSON.parse(SCHEMAS[record]))
  return {
    payment: await idOf(TOPICS.paymentsSubmitted, 'PaymentSubmitted'),
    control: await idOf(TOPICS.paymentsSubmitted, 'ControlRecord'),
    decision: await idOf(TOPICS.paymentsDecided, 'Decision'),
    resolution: await idOf(TOPICS.paymentsDecided, 'Resolution'),
    deadLetter: await idOf(TOPICS.paymentsDlq, 'DeadLetter'),
    alert: await idOf(TOPICS.fraudAlerts, 'Alert'),
    action: await idOf(TOPICS.fraudActions, 'FraudAction'),
    duplicate: await idOf(TOPICS.paymentsDuplicates, 'Duplicate'),
    shadowVerdict: await idOf(TOPICS.paymentsDecided, 'ShadowVerdict'),
  }
}

/** The ids of what the archive reads. */
export async function archiveSchemaIds(
  registry: SchemaRegistry,
  { decision, resolution, shadowVerdict, alert, duplicate }: SchemaIds,
): Promise<ArchiveSchemaIds> {
  const audit = await registry.idOf(
    subjectOf(TOPICS.auditEvents.name, 'sluice.AuditEvent'),
    JSON.parse(SCHEMAS.AuditEvent),
  )
  return { decision, resolution, shadowVerdict, alert, duplicate, audit }
}

/** The id of what hooks write; no task needs it. @throws what `SchemaRegistry.idOf` rejects with. */
export function hookDeliveryId(registry: SchemaRegistry): Promise<number> {
  return registry.idOf(subjectOf(TOPICS.hooksDeliveries.name, 'sluice.HookDelivery'), JSON.parse(SCHEMAS.HookDelivery))
}

/**
 * As `schemaIds`, for what is to run for long: while the registry cannot be reached it says so and asks again, since a process
 * that starts with the registry must not depend on which of them is first (SPEC X5).
 */
export async function awaitSchemaIds(
  registry: SchemaRegistry,
  clock: Pick<typeof machineTime, 'wait'>,
  tell: (line: string) => void = complain,
): Promise<SchemaIds> {
  const backoff = registryBackoff()
  for (;;) {
    try {
      return await schemaIds(registry)
    } catch (error) {
      if (!(error instanceof RegistryUnreachableError)) throw error
      const delayMs = backoff.failedMs()
      tell(`sluice: ${error.message}; asking again in ${(delayMs / 1_000).toFixed(1)} s`)
      await clock.wait(delayMs)
    }
  }
}
