import { computed, signal } from '@preact/signals'

export const BASE = '/fraud-alerts'

/** The screens that stand in the navigation, in its order. */
export const SCREENS = [
  { name: 'live', title: 'Live', path: '', key: '1' },
  { name: 'review', title: 'Review', path: '/review', key: '2' },
  { name: 'pipeline', title: 'Pipeline', path: '/pipeline', key: '3' },
  { name: 'rules', title: 'Rules and acts', path: '/rules', key: '4' },
  { name: 'compliance', title: 'Compliance', path: '/compliance', key: '5' },
] as const

export type Route =
  | { readonly screen: (typeof SCREENS)[number]['name'] }
  | { readonly screen: 'account' | 'decision'; readonly id: string }

const address = signal(location.pathname + location.search)

export const route = computed((): Route => {
  const [path = ''] = address.value.slice(BASE.length).split('?')
  const [, screen, id] = /^\/(account|decision)\/([^/]+)$/.exec(path) ?? []
  if (id !== undefined) return { screen: screen as 'account' | 'decision', id: decodeURIComponent(id) }
  return { screen: SCREENS.find((one) => one.path === path)?.name ?? 'live' }
})

/** What the address says behind its question mark: the filters. */
export const query = computed(() => new URLSearchParams(address.value.split('?')[1] ?? ''))

export function accountPath(account: string): string {
  return `${BASE}/account/${encodeURIComponent(account)}`
}

export function decisionPath(decision: string): string {
  return `${BASE}/decision/${decision}`
}

export function goTo(path: string): void {
  history.pushState(null, '', path)
  address.value = location.pathname + location.search
  window.scrollTo(0, 0)
}

/** Puts a filter into the address, or takes it out when it is empty; the way back leads past it. */
export function setQuery(name: string, value: string): void {
  const next = new URLSearchParams(query.value)
  if (value === '') next.delete(name)
  else next.set(name, value)
  const text = next.toString()
  history.replaceState(null, '', location.pathname + (text === '' ? '' : `?${text}`))
  address.value = location.pathname + location.search
}

/** Links of the board change the screen without loading the page again. */
export function followLinks(): void {
  window.addEventListener('popstate', () => {
    address.value = location.pathname + location.search
  })
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (link === null || !isPlain || link.origin !== location.origin || !link.pathname.startsWith(BASE)) return
    event.preventDefault()
    goTo(link.pathname + link.search)
  })
}
