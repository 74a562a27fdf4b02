import { render } from 'preact'
import { loadSession, session } from './api.ts'
import { App } from './app.tsx'
import { keepFeed, openFeed } from './feed.ts'
import { followLinks } from './route.ts'
import { applyTheme } from './theme.ts'

applyTheme()
followLinks()
keepFeed()
render(<App />, document.getElementById('board') as HTMLElement)
session.subscribe((now) => {
  if (now !== null && now.user !== null) openFeed()
})
loadSession().catch(() => setTimeout(() => location.reload(), 3_000))
