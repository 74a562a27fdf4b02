import { StreamsError } from '../errors.ts'

/** A broker's address as clients reach it. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** TLS to the brokers. Their certificate and name are always checked; there is no way to switch that off. */
export interface KafkaTls {
  /** The authorities to trust instead of Node's own, in PEM. */
  readonly ca?: string
  /** Our certificate and its key in PEM, where brokers ask for one (`ssl.client.auth`). */
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  /** The name to expect in the certificate where it is not the host that we connect to. */
  readonly serverName?: string
}

/** How to tell the brokers who we are. A token is asked for at each authentication, so it may be short-lived. */
export type KafkaSasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly username: string
      readonly password: string
    }
  | {
      readonly mechanism: 'OAUTHBEARER'
      readonly token: () => Promise<string>
      readonly extensions?: Readonly<Record<string, string>>
    }

export interface KafkaOptions {
  /** `host:port` of some brokers; the others are learned from them. */
  readonly bootstrapServers: readonly string[]
  /** Stands in the brokers' logs, metrics and quotas. */
  readonly clientId: string
  readonly tls?: KafkaTls
  readonly sasl?: KafkaSasl
  /** From the first byte of a connection until it may be used, authentication included. */
  readonly connectTimeoutMs?: number
  /** From sending a request until its answer; the connection ends with it, for an answer that comes later would be nobody's. */
  readonly requestTimeoutMs?: number
  /** Pause before the second try to connect; doubles up to the maximum, 20 % more or less by chance. */
  readonly reconnectBackoffMs?: number
  readonly reconnectBackoffMaxMs?: number
  /** What is known of a topic is asked for again after this long. */
  readonly metadataMaxAgeMs?: number
}

/** The options with their defaults, checked. */
export interface KafkaSettings {
  readonly bootstrap: readonly BrokerAddress[]
  readonly clientId: string
  readonly tls: KafkaTls | null
  readonly sasl: KafkaSasl | null
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  readonly metadataMaxAgeMs: number
}

/** @throws StreamsError KAFKA_OPTIONS (stop) that names the option and what it should be. */
export function kafkaSettings(options: KafkaOptions): KafkaSettings {
  const { bootstrapServers, clientId, tls = null, sasl = null } = options
  if (bootstrapServers.length === 0) throw refused('bootstrapServers is empty; name at least one host:port')
  // These two send the secret itself.
  if ((sasl?.mechanism === 'PLAIN' || sasl?.mechanism === 'OAUTHBEARER') && tls === null) {
    throw refused(`SASL ${sasl.mechanism} would send the secret in clear; use TLS, or SCRAM-SHA-512`)
  }
  return {
    bootstrap: bootstrapServers.map(parseAddress),
    clientId,
    tls,
    sasl,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    reconnectBackoffMs: options.reconnectBackoffMs ?? 50,
    reconnectBackoffMaxMs: options.reconnectBackoffMaxMs ?? 1_000,
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? 300_000,
  }
}

/** `host:port`, `[v6]:port`. */
function parseAddress(server: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(server)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || !(port > 0 && port < 65_536)) {
    throw refused(`bootstrapServers has ${JSON.stringify(server)}; write host:port`)
  }
  return { host, port }
}

function refused(message: string): StreamsError {
  return new StreamsError('KAFKA_OPTIONS', 'stop', message)
}
