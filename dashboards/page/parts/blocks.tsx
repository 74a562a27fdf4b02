import type { ComponentChildren } from 'preact'
import type { Refused } from '../api.ts'
import { Icon } from './icon.tsx'

interface PanelProps {
  readonly title: string
  readonly aside?: ComponentChildren
  readonly class?: string
  readonly children: ComponentChildren
}

export function Panel({ title, aside, class: name = '', children }: PanelProps) {
  return (
    <section class={`panel ${name}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  )
}

/** Nothing to show, and how there would be something. */
export function Empty({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="title">{title}</p>
      <p>{children}</p>
    </div>
  )
}

export function Failure({ error }: { readonly error: Refused | null }) {
  if (error === null) return null
  return (
    <p class="notice critical" role="alert">
      <Icon name="critical" />
      {error.message}
    </p>
  )
}

export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
