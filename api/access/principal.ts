/** Who calls, as a token says and its issuer has signed. */
export interface Principal {
  readonly subject: string
  readonly accounts: ReadonlySet<string>
  readonly scope: string
}
