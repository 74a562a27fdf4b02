import { CodeTable } from './code-table.ts'

/**
 * Active currencies of ISO 4217 list one as of November 2026, by their number of decimal places. Codes without one
 * (XDR, XSU, XUA, XAD, metals, XTS, XXX) are no money and not among them, nor are withdrawn ones.
 */
const CODES_BY_EXPONENT: readonly (readonly [exponent: number, codes: string])[] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [
    2,
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY ' +
      'COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ' +
      'ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV ' +
      'MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS ' +
      'SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
]

const EXPONENTS = new Map(
  CODES_BY_EXPONENT.flatMap(([exponent, codes]) => codes.split(' ').map((code) => [code, exponent] as const)),
)

/** The currencies that a payment may be in. */
export const CURRENCIES: CodeTable = new CodeTable([...EXPONENTS.keys()])

/** Decimal places by ordinal: an amount of 1 major unit is 10^exponent minor units. */
export const CURRENCY_EXPONENTS: Uint8Array = Uint8Array.from(CURRENCIES.codes, (code) => EXPONENTS.get(code)!)

/** The decimal places of a currency by its upper-case code; undefined for a code that is none. */
export function currencyExponent(code: string): number | undefined {
  return EXPONENTS.get(code)
}
