import type fc from 'fast-check'

// The grammar of disguised card numbers: digits of a script, something between them, text around them, an encoding.

/** The schemes' own test numbers, one or more a scheme and length. */
export const TEST_CARDS = [
  '4111111111111111',
  '4222222222222',
  '4000056655665556',
  '5555555555554444',
  '2223003122003222',
  '378282246310005',
  '371449635398431',
  '6011111111111117',
  '30569309025904',
  '36227206271667',
  '3530111333300000',
  '6200000000000005',
  '6759649826438453',
] as const

/** Zero of each script that the disguises write digits in. */
const SCRIPTS = {
  ascii: 0x30,
  fullwidth: 0xff10,
  arabicIndic: 0x660,
  devanagari: 0x966,
  mathematicalBold: 0x1d7ce,
  nko: 0x7c0,
}

/** What stands between groups of four. */
const SEPARATORS = [
  ' ',
  '-',
  '.',
  '\u00a0',
  '\u2009',
  '\u3000',
  '\u2013',
  '\u2212',
  '/',
  ',',
  '_',
  '\n',
  '\r\n',
  ' - ',
  '\t',
]

/** What stands unseen between digits. */
const UNSEEN = ['', '\u200d', '\u200b', '\u00ad', '\u200e', '\u202e', '\u2060', '\ufeff', '\ufe0f\u20e3']

/** Text around the number, where `#` stands. */
const FRAMES = [
  '#',
  'card # please',
  'pan=#;',
  '{"card":"#"}',
  'Zahlung für Müller: #',
  'card #, exp 12/27 cvv 123',
  '<td>#</td>',
  'PAN#!',
]

const utf8 = new TextEncoder()
const percent = (text: string) =>
  Array.from(utf8.encode(text), (byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')
const jsonEscape = (text: string) =>
  Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')
const base64 = (text: string) => btoa(String.fromCharCode(...utf8.encode(text)))
const base64Url = (text: string) => base64(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** One level of encoding, and its undoing. */
export const ENCODINGS = {
  none: { encode: (text: string) => text, decode: (text: string) => text },
  percent: {
    encode: percent,
    decode: (text: string) => text.replace(/(%[0-9A-F]{2})+/g, (match) => decodeURIComponent(match)),
  },
  json: {
    encode: jsonEscape,
    decode: (text: string) =>
      text.replace(/\\u([0-9a-f]{4})/g, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16))),
  },
  base64: { encode: (text: string) => `note ${base64(text)} end`, decode: decodeWords },
  base64Url: { encode: base64Url, decode: decodeWords },
} as const

function decodeWords(text: string): string {
  return text.replace(/[A-Za-z0-9+/_-]{16,}=*/g, (word) => {
    const letters = word.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', '')
    return new TextDecoder().decode(Uint8Array.from(atob(letters), (character) => character.charCodeAt(0)))
  })
}

export interface Disguise {
  readonly card: string
  readonly text: string
  readonly encoding: keyof typeof ENCODINGS
  readonly how: string
}

/** The `n`th disguise: each dimension turns at its own pace, so that neighbours differ in all of them. */
export function disguise(n: number): Disguise {
  const card = TEST_CARDS[n % TEST_CARDS.length]!
  const scripts = Object.entries(SCRIPTS)
  const [script, zero] = scripts[Math.floor(n / 2) % scripts.length]!
  const separator = SEPARATORS[n % SEPARATORS.length]!
  const unseen = UNSEEN[Math.floor(n / 3) % UNSEEN.length]!
  const frame = FRAMES[Math.floor(n / 5) % FRAMES.length]!
  const encodings = Object.keys(ENCODINGS) as (keyof typeof ENCODINGS)[]
  const encoding = n % 3 === 0 ? encodings[Math.floor(n / 3) % encodings.length]! : 'none'
  const groupSize = [4, 4, 1, 6, 19][Math.floor(n / 7) % 5]!
  const spelled = Array.from(card, (digit, i) => {
    const gap = i === 0 ? '' : i % groupSize === 0 ? separator + unseen : unseen
    return gap + String.fromCodePoint(zero + Number(digit))
  }).join('')
  const text = ENCODINGS[encoding].encode(frame.replace('#', spelled))
  return { card, text, encoding, how: JSON.stringify({ script, separator, unseen, encoding, groupSize }) }
}

/** The same as an arbitrary. */
export function anyDisguise(check: typeof fc): fc.Arbitrary<Disguise> {
  return check.nat(1_000_000).map(disguise)
}

/** Digits of any script as ASCII, all else but separators and unseen characters as a bar. */
export function digitsOf(text: string): string {
  return Array.from(text, (character) => {
    for (const zero of Object.values(SCRIPTS)) {
      const value = character.codePointAt(0)! - zero
      if (value >= 0 && value < 10) return String(value)
    }
    return [...SEPARATORS, ...UNSEEN].some((skipped) => skipped.includes(character)) ? '' : '|'
  }).join('')
}
