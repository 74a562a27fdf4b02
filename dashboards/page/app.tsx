import { useEffect } from 'preact/hooks'
import { session } from './api.ts'
import { useKeys } from './keys.ts'
import { Announcer } from './parts/announcer.tsx'
import { TopBar } from './parts/top-bar.tsx'
import { BASE, goTo, type Route, route, SCREENS } from './route.ts'
import { AccountScreen } from './screens/account.tsx'
import { ComplianceScreen } from './screens/compliance.tsx'
import { DecisionScreen } from './screens/decision.tsx'
import { LiveScreen } from './screens/live.tsx'
import { LoginScreen } from './screens/login.tsx'
import { PipelineScreen } from './screens/pipeline.tsx'
import { ReviewScreen } from './screens/review.tsx'
import { RulesScreen } from './screens/rules.tsx'
import { nextTheme } from './theme.ts'

const SCREEN_KEYS = Object.fromEntries(SCREENS.map(({ key, path }) => [key, () => goTo(BASE + path)]))

export function App() {
  const shown = route.value
  const who = session.value
  useKeys({ ...SCREEN_KEYS, '/': () => document.getElementById('find')?.focus(), t: nextTheme })
  const title = titleOf(shown)
  useEffect(() => {
    document.title = `${title} · Sluice fraud board`
  }, [title])
  if (who === null) return null
  if (who.user === null) return <LoginScreen />
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <TopBar />
      <main id="main" tabIndex={-1}>
        <h1>{title}</h1>
        <Screen shown={shown} />
      </main>
      <Announcer />
    </>
  )
}

function Screen({ shown }: { readonly shown: Route }) {
  switch (shown.screen) {
    case 'account':
      return <AccountScreen account={shown.id} />
    case 'decision':
      return <DecisionScreen decision={shown.id} />
    case 'live':
      return <LiveScreen />
    case 'review':
      return <ReviewScreen />
    case 'pipeline':
      return <PipelineScreen />
    case 'rules':
      return <RulesScreen />
    case 'compliance':
      return <ComplianceScreen />
  }
}

function titleOf(shown: Route): string {
  if (shown.screen === 'account') return `Account ${shown.id}`
  if (shown.screen === 'decision') return `Decision ${shown.id}`
  return SCREENS.find(({ name }) => name === shown.screen)?.title ?? 'Live'
}
