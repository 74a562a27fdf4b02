/** Shapes differ, so that no colour has to be told from another. Each is drawn in the colour of the text around it. */
const PATHS = {
  critical: 'M5 1h6l4 4v6l-4 4H5l-4-4V5zM8 4.2v4.6M8 11.4v.4',
  high: 'M8 1.8 15 14H1zM8 6.2v3.6M8 11.8v.4',
  none: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z',
  block: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM3.6 3.6l8.8 8.8',
  challenge: 'M8 1.2 14 3.6v4.2c0 3.6-2.6 6-6 7-3.4-1-6-3.4-6-7V3.6z',
  review: 'M1 8c2-3.6 4.3-5 7-5s5 1.4 7 5c-2 3.6-4.3 5-7 5S3 11.6 1 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  approve: 'M2.5 8.5 6.3 12.3 13.5 4.2',
  info: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 7.2v4M8 4.6v.4',
  search: 'M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2zM10.8 10.8 14.5 14.5',
  theme: 'M8 2a6 6 0 1 0 6 6 4.6 4.6 0 0 1-6-6z',
  restart: 'M13.5 8A5.5 5.5 0 1 1 11.8 4M12.2 1v3.2H9',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
