import { useSignal } from '@preact/signals'
import { logIn } from '../api.ts'
import { Icon } from '../parts/icon.tsx'

/** Where a token is asked for: it is kept nowhere on the page, and the cookie that answers it cannot be read there. */
export function LoginScreen() {
  const token = useSignal('')
  const failure = useSignal('')
  return (
    <main class="login">
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault()
          const given = token.value
          token.value = ''
          logIn(given).catch((error: Error) => {
            failure.value = error.message
          })
        }}
      >
        <h1>Sluice fraud board</h1>
        <p class="muted">
          Your token opens it for twelve hours. <code>sluice board token NAME --role analyst</code> makes one.
        </p>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          required
          autocomplete="current-password"
          value={token.value}
          onInput={(event) => {
            token.value = event.currentTarget.value
          }}
        />
        {failure.value !== '' && (
          <p class="notice critical" role="alert">
            <Icon name="critical" />
            {failure.value}
          </p>
        )}
        <button type="submit" class="button main">
          Log in
        </button>
      </form>
    </main>
  )
}
