/** How to reach a Kafka cluster, and as whom. Secrets are here by value: never log one of these. */
export interface KafkaCluster {
  /** `host:port`, at least one; the rest of the cluster is learnt from whichever answers. */
  readonly bootstrapServers: readonly string[]
  /** Names this program in the broker's log and quotas. */
  readonly clientId: string
  /** Null is plain text. */
  readonly tls: KafkaTls | null
  /** Null is no log-in; with TLS, the client certificate may then be the principal. */
  readonly sasl: KafkaSasl | null
}

/** PEM texts. */
export interface KafkaTls {
  /** Null trusts the certificate authorities that Node trusts. */
  readonly ca: string | null
  /** The client's own certificate and its key, for brokers that ask for one. */
  readonly client: { readonly cert: string; readonly key: string } | null
}

export interface KafkaSasl {
  readonly mechanism: SaslMechanism
  readonly user: string
  readonly password: string
}

/** Kafka's own names. */
export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
