import { type Signal, signal, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ActResult, SessionView } from '../board/views.ts'
import { BASE } from './route.ts'

/** Null until the server has said who looks. */
export const session = signal<SessionView | null>(null)

/** What the server answers when it does not do as it was asked. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(`${BASE}/api${path}`, init).catch(() => {
    throw new Refused(0, 'the board’s server does not answer')
  })
  if (response.ok) return (await response.json()) as T
  const body = (await response.json().catch(() => ({}))) as { detail?: string }
  if (response.status === 401 && session.value !== null) session.value = { loginNeeded: true, user: null }
  throw new Refused(response.status, body.detail ?? `the server answered ${response.status}`)
}

function send<T>(method: 'POST' | 'DELETE', path: string, body: object): Promise<T> {
  return ask(path, {
    method,
    headers: { 'content-type': 'application/json', 'x-sluice-board': '1' },
    body: JSON.stringify(body),
  })
}

export async function loadSession(): Promise<void> {
  session.value = await ask<SessionView>('/session')
}

export async function logIn(token: string): Promise<void> {
  session.value = await send<SessionView>('POST', '/session', { token })
}

export async function logOut(): Promise<void> {
  session.value = await send<SessionView>('DELETE', '/session', {})
}

/** Does something in the name of who looks. @throws Refused */
export function act(path: string, body: object): Promise<ActResult> {
  return send('POST', path, body)
}

/** What a screen shows: the last answer stays while the next is asked for, and when it fails. */
export interface Loaded<T> {
  readonly data: T | null
  readonly error: Refused | null
}

/** Asks for a path at once, whenever it or `again` changes, and every `everyMs` while the page is seen. */
export function useLoaded<T>(path: string, everyMs: number | null, again?: Signal<unknown>): Loaded<T> {
  const loaded = useSignal<Loaded<T>>({ data: null, error: null })
  const of = useSignal(path)
  if (of.peek() !== path) {
    of.value = path
    loaded.value = { data: null, error: null }
  }
  const load = async () => {
    const asked = of.peek()
    try {
      const data = await ask<T>(asked)
      if (asked === of.peek()) loaded.value = { data, error: null }
    } catch (error) {
      if (asked === of.peek()) loaded.value = { data: loaded.peek().data, error: error as Refused }
    }
  }
  useSignalEffect(() => {
    void again?.value
    void of.value
    void load()
  })
  useEffect(() => {
    if (everyMs === null) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void load()
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return loaded.value
}
