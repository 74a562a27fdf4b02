import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { subjectOf, TOPICS, type Topic } from '../../schemas/topics.ts'

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
  }
}
