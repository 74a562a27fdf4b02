import { useEffect } from 'preact/hooks'

/** Keys that do something, by `KeyboardEvent.key`. */
export type Keys = Readonly<Record<string, () => void>>

/** Listens to keys while the caller is shown, but not while somebody types. */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const { target } = event
      const types = target instanceof HTMLElement && target.closest('input, textarea, select') !== null
      const action = keys[event.key]
      if (types || action === undefined || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      action()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  })
}
