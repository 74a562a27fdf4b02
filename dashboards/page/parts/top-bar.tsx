import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { logOut, session } from '../api.ts'
import { connection, heardMs, status } from '../feed.ts'
import { accountPath, BASE, decisionPath, goTo, route, SCREENS } from '../route.ts'
import { duration } from '../text.ts'
import { nextTheme, theme } from '../theme.ts'
import { Icon } from './icon.tsx'

const DECISION = /^\d{1,4}-\d{1,16}$/

/** Brand, screens, search, and always: whether what is shown is fresh. */
export function TopBar() {
  const shown = route.value
  const who = session.value
  return (
    <header class="top">
      <a class="brand" href={BASE}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--accent)" />
          <path d="M8 10h16M8 16h11M8 22h6" stroke="var(--surface)" stroke-width="3.2" stroke-linecap="round" />
        </svg>
        Sluice
      </a>
      <nav aria-label="Screens">
        {SCREENS.map(({ name, title, path, key }) => (
          <a
            key={name}
            href={BASE + path}
            aria-current={shown.screen === name ? 'page' : undefined}
            aria-keyshortcuts={key}
            title={`Key ${key}`}
          >
            {title}
          </a>
        ))}
      </nav>
      <Search />
      <Freshness />
      <button type="button" class="button quiet" onClick={nextTheme} aria-keyshortcuts="t" title="Key t">
        <Icon name="theme" />
        {theme.value === 'system' ? 'Auto' : theme.value === 'light' ? 'Light' : 'Dark'}
      </button>
      <span class="muted">
        {who?.user?.name} · {who?.user?.role}
      </span>
      {who?.loginNeeded === true && (
        <button type="button" class="button quiet" onClick={() => void logOut()}>
          Log out
        </button>
      )}
    </header>
  )
}

function Search() {
  const text = useSignal('')
  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const wanted = text.value.trim()
          if (wanted !== '') goTo(DECISION.test(wanted) ? decisionPath(wanted) : accountPath(wanted))
          text.value = ''
        }}
      >
        <Icon name="search" />
        <input
          id="find"
          type="search"
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value
          }}
          placeholder="Account or decision  ( / )"
          aria-label="Open an account or a decision"
          autocomplete="off"
        />
      </form>
    </search>
  )
}

/** Connection and age of what is shown. */
function Freshness() {
  const nowMs = useSignal(Date.now())
  useEffect(() => {
    const timer = setInterval(() => {
      nowMs.value = Date.now()
    }, 1_000)
    return () => clearInterval(timer)
  }, [nowMs])
  const silentMs = Math.max(0, Math.max(nowMs.value, heardMs.value) - heardMs.value)
  const store = status.value
  if (connection.value === 'live' && store?.store === 'LIVE') {
    return (
      <span class="pulse live" data-connection="live">
        Live{silentMs > 2_000 ? `, silent ${duration(silentMs)}` : ''}
      </span>
    )
  }
  if (connection.value === 'live') {
    return (
      <span class="pulse waiting" data-connection="waiting" title={store?.why ?? ''}>
        Alert store away
      </span>
    )
  }
  return (
    <span class="pulse lost" data-connection={connection.value}>
      {connection.value === 'lost' ? 'Connection lost' : 'Connecting'}
      {heardMs.value > 0 ? `, ${duration(silentMs)} old` : ''}
    </span>
  )
}
