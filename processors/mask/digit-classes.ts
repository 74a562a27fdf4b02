/**
 * What a code point is to the search for card numbers. A class of 0 to 9 is a digit and its value.
 */
export const SEPARATOR = 10
export const IGNORED = 11
export const OTHER = 12

/** Code points of the value 0 whose next nine are 1 to 9: every decimal digit (general category Nd) of Unicode 17. */
const ZEROS =
  '30 660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 1b50 ' +
  '1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 10d40 11066 110f0 11136 111d0 112f0 11450 ' +
  '114d0 11650 116c0 116d0 116da 11730 118e0 11950 11bf0 11c50 11d50 11da0 11de0 11f50 16130 16a60 16ac0 16b50 ' +
  '16d70 1ccf0 1d7ce 1d7d8 1d7e2 1d7ec 1d7f6 1e140 1e2f0 1e4f0 1e5f1 1e950 1fbf0'

/** Code points of the value 1 whose next eight are 2 to 9: circled, parenthesised, dotted and dingbat digits. */
const ONES = '2460 2474 2488 24f5 2776 2780 278a'

/** The rest, each with its value: superscripts, subscripts, circled and dotted zeros. */
const SINGLES =
  '2070:0 b9:1 b2:2 b3:3 2074:4 2075:5 2076:6 2077:7 2078:8 2079:9 2080:0 2081:1 2082:2 2083:3 2084:4 2085:5 2086:6 ' +
  '2087:7 2088:8 2089:9 24ea:0 24ff:0 1f100:0 1f10b:0 1f10c:0'

/** Spaces and line ends, dashes and minus signs, dots, commas, slashes, underscore and plus. */
const SEPARATORS =
  '9-d 20 85 a0 1680 2000-200a 2028 2029 202f 205f 3000 ' +
  '2d 58a 5be 1400 1806 2010-2015 2043 207b 208b 2212 2e17 2e1a 2e3a 2e3b 2e40 2e5d 301c 3030 30a0 fe31 fe32 fe58 ' +
  'fe63 ff0d 10d6e 10ead ' +
  '2e b7 2022 2024 2027 2219 22c5 30fb 3002 fe52 ff0e ff61 ff65 2c 60c 66b 66c 3001 fe50 fe51 ff0c ff64 ' +
  '2f 5c 2044 2215 ff0f ff3c 5f ff3f 2b ff0b'

/** What may stand unseen between digits: general category Cf, Default_Ignorable_Code_Point, combining marks. */
const IGNORABLES =
  'ad 300-36f 600-605 61c 6dd 70f 890-891 8e2 115f-1160 17b4-17b5 180b-180f 200b-200f 202a-202e 2060-206f 20d0-20ff ' +
  '3164 fe00-fe0f feff ffa0 fff0-fffb 110bd 110cd 13430-1343f 1bca0-1bca3 1d173-1d17a e0000-e0fff'

const PLANE = 0x10000
const astral = new Map<number, number>()
const basic = new Uint8Array(PLANE).fill(OTHER)

function put(code: number, kind: number): void {
  if (code < PLANE) basic[code] = kind
  else astral.set(code, kind)
}

function putRanges(ranges: string, kind: number): void {
  for (const range of ranges.split(' ')) {
    const [first = '', last = first] = range.split('-')
    for (let code = Number.parseInt(first, 16); code <= Number.parseInt(last, 16); code++) put(code, kind)
  }
}

function putDigits(bases: string, firstValue: number): void {
  for (const base of bases.split(' ')) {
    for (let value = firstValue; value < 10; value++) put(Number.parseInt(base, 16) + value - firstValue, value)
  }
}

putRanges(SEPARATORS, SEPARATOR)
putRanges(IGNORABLES, IGNORED)
putDigits(ZEROS, 0)
putDigits(ONES, 1)
for (const single of SINGLES.split(' ')) {
  const [code = '', value = ''] = single.split(':')
  put(Number.parseInt(code, 16), Number(value))
}

/** The digit's value, or `SEPARATOR`, `IGNORED` or `OTHER`, of a code point. */
export function digitClass(code: number): number {
  return code < PLANE ? basic[code]! : (astral.get(code) ?? OTHER)
}
