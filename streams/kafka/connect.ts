import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { apiVersionsV4 } from '@platformatic/kafka'
import { StreamsError } from '../errors.ts'
import { authenticate } from './authenticate.ts'
import { BrokerConnection } from './connection.ts'
import type { KafkaCounters } from './kafka-counters.ts'
import type { BrokerAddress, KafkaSettings, KafkaTls } from './kafka-options.ts'
import { misfit, unreachable } from './transport-error.ts'

/** The socket's own buffer: what one read of the kernel can bring. */
const READ_BYTES = 128 << 10
const CLIENT_SOFTWARE = ['sluice', '0.1.0'] as const

/** A connection that may be used: connected, versions known, authenticated. */
export interface ReadyConnection {
  readonly connection: BrokerConnection
  /** The versions that the broker speaks of each request, by API key. */
  readonly versions: ReadonlyMap<number, { readonly min: number; readonly max: number }>
  /** The cluster's finalized feature levels, such as `transaction.version`. */
  readonly features: ReadonlyMap<string, number>
  /** When to authenticate anew (KIP-368), on the clock of `performance.now`; infinity for never. */
  readonly expiresAtMs: number
}

/**
 * Connects, learns what the broker speaks, and authenticates, all within `connectTimeoutMs`.
 * @throws StreamsError KAFKA_UNREACHABLE (retry), KAFKA_TLS, KAFKA_AUTHENTICATION or KAFKA_PROTOCOL (stop).
 */
export async function connect(
  broker: BrokerAddress,
  settings: KafkaSettings,
  counters: KafkaCounters,
  reuseFrames: boolean,
): Promise<ReadyConnection> {
  const deadlineMs = performance.now() + settings.connectTimeoutMs
  let connection: BrokerConnection | null = null
  const socket = await openSocket(broker, settings, (chunk) => connection?.receive(chunk))
  const { clientId, requestTimeoutMs, sasl } = settings
  const opened = new BrokerConnection(socket, broker, { clientId, requestTimeoutMs, reuseFrames }, counters)
  connection = opened
  const timer = setTimeout(() => opened.close(), Math.max(1, deadlineMs - performance.now()))
  try {
    const { apiKeys, finalizedFeatures = [] } = await opened.call(apiVersionsV4.api, ...CLIENT_SOFTWARE)
    const versions = new Map(
      apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]),
    )
    const features = new Map(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]))
    const lifetimeMs =
      sasl === null
        ? Number.POSITIVE_INFINITY
        : await authenticate(opened, sasl, Math.max(1, Math.round(deadlineMs - performance.now())))
    return { connection: opened, versions, features, expiresAtMs: performance.now() + 0.8 * lifetimeMs }
  } catch (error) {
    opened.close()
    if (error instanceof StreamsError && (error.next === 'stop' || error.code === 'KAFKA_UNREACHABLE')) throw error
    // Whatever was asked here changes nothing, so a lost answer is a plain retry.
    throw unreachable(broker, 'the connection could not be made ready', error)
  } finally {
    clearTimeout(timer)
  }
}

function openSocket(
  broker: BrokerAddress,
  { tls, connectTimeoutMs }: KafkaSettings,
  receive: (chunk: Uint8Array) => void,
): Promise<Socket> {
  const { host, port } = broker
  // One buffer for all reads: what arrives is copied out of it before the next read.
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (length: number, buffer: Uint8Array) => {
      receive(buffer.subarray(0, length))
      return true
    },
  }
  const target = { host, port, onread }
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = tls === null ? connectTcp(target) : connectTls(tlsOptions(target, tls))
  const timer = setTimeout(() => {
    socket.destroy()
    reject(unreachable(broker, `no connection within ${connectTimeoutMs} ms`))
  }, connectTimeoutMs)
  const failed = (error: Error) => {
    clearTimeout(timer)
    reject(
      tls !== null && isCertificateError(error) ? untrusted(broker, error) : unreachable(broker, error.message, error),
    )
  }
  socket.once('error', failed)
  socket.once(tls === null ? 'connect' : 'secureConnect', () => {
    clearTimeout(timer)
    socket.off('error', failed)
    resolve(socket.setNoDelay(true).setKeepAlive(true))
  })
  return promise
}

function tlsOptions(target: TcpNetConnectOpts, { serverName, ...tls }: KafkaTls): ConnectionOptions {
  return {
    ...target,
    ...tls,
    // An address is no server name; the certificate is held against it all the same.
    servername: serverName ?? (isIP(target.host ?? '') === 0 ? (target.host ?? '') : ''),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  }
}

/** Errors of the handshake that another try cannot cure: who answers is not who we were told to trust. */
function isCertificateError(error: Error): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  return /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|ALTNAME|UNABLE_TO/.test(code)
}

function untrusted(broker: BrokerAddress, error: Error): StreamsError {
  const what = `TLS was refused (${error.message}); check tls.ca, tls.serverName and the broker's certificate`
  return misfit('KAFKA_TLS', broker, what, error)
}
