import { googleAuthLibrary } from 'google-gax'

/** The key of a service account, as Google's console gives it out. */
export interface ServiceAccountKey {
  readonly client_email: string
  readonly private_key: string
}

/** Addresses of a stand-in for BigQuery, without TLS and without credentials. */
export interface StandIn {
  /** `http://host:port`, where REST stands under /bigquery/v2. */
  readonly url: string
  /** `host:port` of the Storage Write API. */
  readonly storage: string
}

/** Where the tables stand, and as whom they are written. */
export interface BigQueryTarget {
  readonly project: string
  readonly dataset: string
  /** Where a new dataset is made: `US`, `EU`, `europe-west3` ... */
  readonly location: string
  /** Null means what Google's library finds by itself. */
  readonly key: ServiceAccountKey | null
  readonly standIn: StandIn | null
  /** What is not answered within so long is given up and asked again later. */
  readonly timeoutMs: number
}

const SCOPES = ['https://www.googleapis.com/auth/bigquery']

/** How both clients log in; nothing where the library is to find credentials itself. */
export function logIn({ key, standIn }: BigQueryTarget) {
  if (standIn !== null) return { authClient: new googleAuthLibrary.PassThroughClient() }
  if (key === null) return {}
  const { client_email: email, private_key } = key
  return { authClient: new googleAuthLibrary.JWT({ email, key: private_key, scopes: SCOPES }) }
}
