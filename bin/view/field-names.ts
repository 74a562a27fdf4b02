import { SCHEMAS } from '../../schemas/generated/schemas.ts'

/** Names of a record's fields as the schema has them, by those that the code has. */
function namesOf(record: keyof typeof SCHEMAS): ReadonlyMap<string, string> {
  const { fields } = JSON.parse(SCHEMAS[record]) as { readonly fields: readonly { readonly name: string }[] }
  return new Map(fields.map(({ name }) => [name.replace(/_(.)/g, (_, next: string) => next.toUpperCase()), name]))
}

const NAMES = {
  Decision: namesOf('Decision'),
  DeadLetter: namesOf('DeadLetter'),
  HookDelivery: namesOf('HookDelivery'),
  ShadowVerdict: namesOf('ShadowVerdict'),
} as const

/** The record with every field under its name in the schema, as `--json` prints it. */
export function schemaNamed(record: keyof typeof NAMES, value: object): Readonly<Record<string, unknown>> {
  const names = NAMES[record]
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [names.get(name) ?? name, field]))
}
