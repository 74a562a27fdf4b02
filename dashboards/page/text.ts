const CONTROL_PICTURES = 0x2400
const DELETE = 0x7f
/** Control characters, and those that turn the direction of the text around them or hide in it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

/** Text of somebody else's making, with everything in it to be seen: what would steer a terminal or turn the line shows as a sign. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(CONTROL_PICTURES + code)
    return code === DELETE ? '\u2421' : `\u27e8${code.toString(16)}\u27e9`
  })
}

const time = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const whole = new Intl.NumberFormat('en')

/** `14:03:09` */
export function clock(ms: number): string {
  return time.format(ms)
}

export function dateTime(ms: number): string {
  return dayAndTime.format(ms)
}

export function count(value: number): string {
  return whole.format(value)
}

/** `8 ms`, `1.2 s`, `4 min`, `3 h`, `2 d`: the largest unit that says enough. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 86_400_000) return `${Number((ms / 3_600_000).toFixed(1))} h`
  return `${Math.round(ms / 86_400_000)} d`
}

/** Minor units as decimal text with thousands apart; never a float. */
export function money(amountMinor: number, currency: string): string {
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  const text = String(amountMinor).padStart(digits + 1, '0')
  const major = digits === 0 ? text : text.slice(0, -digits)
  return `${grouped(major)}${digits === 0 ? '' : `.${text.slice(-digits)}`} ${currency}`
}

/** The same of an amount that is decimal text already. */
export function moneyOf(amount: string, currency: string): string {
  const [major = '', minor] = amount.split('.')
  return `${grouped(major)}${minor === undefined ? '' : `.${minor}`} ${currency}`
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `IMPOSSIBLE_TRAVEL` as people write it. */
export function words(symbol: string): string {
  const text = symbol.replaceAll('_', ' ').toLowerCase()
  return text.charAt(0).toUpperCase() + text.slice(1)
}
