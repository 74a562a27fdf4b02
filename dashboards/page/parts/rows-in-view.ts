import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** No row of a list is lower; with a larger type there is less to see, never more. */
const ROW_MIN_PX = 28

/**
 * How many rows of a list that moves by itself are worth making: as many as the window is high while the page stands at its top,
 * `most` as soon as somebody scrolls. What nobody sees is half of a flood's work, and more.
 */
export function useRowsInView(most: number): Signal<number> {
  const rows = useSignal(rowsInView(most))
  useEffect(() => {
    const look = () => {
      rows.value = rowsInView(most)
    }
    look()
    for (const event of ['scroll', 'resize']) addEventListener(event, look, { passive: true })
    return () => {
      for (const event of ['scroll', 'resize']) removeEventListener(event, look)
    }
  }, [rows, most])
  return rows
}

function rowsInView(most: number): number {
  return scrollY > 0 ? most : Math.min(most, Math.ceil(innerHeight / ROW_MIN_PX))
}
