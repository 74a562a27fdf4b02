import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const PROMETHEUS_FOLDER: string = fileURLToPath(new URL('../../dashboards/prometheus/', import.meta.url))
export const RULE_FILES: readonly string[] = ['recording-rules.yaml', 'alerting-rules.yaml'].map(
  (name) => PROMETHEUS_FOLDER + name,
)

export interface AlertingRule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly runbook: string }
}

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly ({ readonly expr: string } & Partial<AlertingRule>)[] }[]
}

/** Every rule of both files. */
export function allRules(): RuleFile['groups'][number]['rules'] {
  return RULE_FILES.flatMap((file) => {
    return (parse(readFileSync(file, 'utf8')) as RuleFile).groups.flatMap(({ rules }) => rules)
  })
}

export function alertingRules(): readonly AlertingRule[] {
  return allRules().filter((rule): rule is AlertingRule => rule.alert !== undefined)
}

/** A dashboard as far as its tests look at it. */
export interface Dashboard {
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly fieldConfig: { readonly defaults: { readonly unit: string } }
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
  }[]
}

export function dashboard(): Dashboard {
  const file = new URL('../../dashboards/grafana/sluice.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Dashboard
}
