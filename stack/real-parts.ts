interface Stoppable {
  /** Ends what was started, with its data. */
  stop(): Promise<void>
}

/** The real parts, each new and empty, and the same to a client whether they are processes or containers. */
export interface RealParts {
  /** One broker, open to all; `bootstrap` is `host:port`. */
  kafka(): Promise<Stoppable & { readonly bootstrap: readonly string[] }>
  /** `url` is the root of the Confluent-compatible API. */
  registry(): Promise<Stoppable & { readonly url: string }>
  redis(): Promise<Stoppable & { readonly url: string }>
  /** `url` is the root of the REST API, `grpc` the `host:port` of the Storage API. */
  bigQuery(): Promise<Stoppable & { readonly url: string; readonly grpc: string; readonly project: string }>
}
