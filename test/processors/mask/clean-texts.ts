// Texts without a card number that look as if they held one: row 6 of the bad inputs.

/** A generator of integers below a bound (mulberry32): the same texts for the same seed. */
export function integers(seed: number): (bound: number) => number {
  let state = seed | 0
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
}

type Integers = (bound: number) => number

const digits = (next: Integers, length: number) => Array.from({ length }, () => next(10)).join('')
const hex = (next: Integers, length: number) => Array.from({ length }, () => next(16).toString(16)).join('')
const pad = (value: number, length = 2) => String(value).padStart(length, '0')
const date = (next: Integers) => `20${pad(20 + next(10))}-${pad(1 + next(12))}-${pad(1 + next(28))}`
const time = (next: Integers) => `${pad(next(24))}:${pad(next(60))}:${pad(next(60))}`
const epochMs = (next: Integers) => 1_600_000_000_000 + next(200_000_000_000)

function luhn(number: string): boolean {
  let sum = 0
  for (const [i, digit] of [...number].reverse().entries()) {
    const value = Number(digit) * (i % 2 === 1 ? 2 : 1)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

/** A number as a shop gives it out: of a card's length at times, but then without a card's check digit. */
function orderNumber(next: Integers): string {
  const number = digits(next, [8, 10, 12, 16][next(4)]!)
  return luhn(number) ? number.slice(0, -1) + ((Number(number.at(-1)) + 1) % 10) : number
}

function iban(next: Integers): string {
  const [country, length] = [
    ['DE', 18],
    ['FR', 23],
    ['NL', 14],
    ['GB', 18],
    ['ES', 20],
  ][next(5)] as [string, number]
  const bank = country === 'NL' ? 'ABNA' : country === 'GB' ? 'NWBK' : ''
  const account = bank + digits(next, length - bank.length)
  const plain = [...`${account}${country}00`].map((c) => Number.parseInt(c, 36)).join('')
  const whole = `${country}${pad(98 - Number(BigInt(plain) % 97n))}${account}`
  return next(2) === 0 ? whole : whole.replace(/(.{4})(?=.)/g, '$1 ')
}

const KINDS: readonly ((next: Integers) => string)[] = [
  (next) => `${hex(next, 8)}-${hex(next, 4)}-4${hex(next, 3)}-a${hex(next, 3)}-${hex(next, 12)}`,
  (next) => `Order ${orderNumber(next)}`,
  (next) => `call +${1 + next(99)} ${digits(next, 3)} ${digits(next, 7)}`,
  (next) => `+49 (0) ${digits(next, 3)}/${digits(next, 8)}`,
  (next) => `IBAN ${iban(next)} thank you`,
  (next) => `${epochMs(next)}`,
  (next) => `${epochMs(next)}${digits(next, 6)}`,
  (next) => `EUR ${next(100_000)}.${pad(next(100))}, VAT ${next(10_000)},${pad(next(100))}`,
  (next) => `${date(next)}T${time(next)}.${digits(next, 3)}Z`,
  (next) => `${date(next)} ${time(next)} invoice ${digits(next, 8)}`,
  (next) => hex(next, [16, 24, 32, 40, 64][next(5)]!),
  (next) => `tx-${digits(next, 12)}`,
  (next) => `${digits(next, 2)}.${digits(next, 6)}, ${digits(next, 2)}.${digits(next, 6)} N`,
  (next) => `Thanks for dinner on ${date(next)}, table ${next(40)}!`,
  (next) => `Grüße aus Zürich, ${next(365)} Tage`,
  (next) => `ACC${pad(next(1_000_000), 12)}`,
]

/** One clean text. */
export function cleanText(next: Integers): string {
  return KINDS[next(KINDS.length)]!(next)
}
