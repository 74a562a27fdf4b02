import {
  type Connection,
  saslAuthenticateV2,
  saslHandshakeV1,
  saslOAuthBearer,
  saslPlain,
  saslScramSha,
} from '@platformatic/kafka'
import type { BrokerConnection } from './connection.ts'
import type { KafkaSasl } from './kafka-options.ts'
import { isTransportError, misfit, unreachable } from './transport-error.ts'

/**
 * Tells the broker who we are, within `withinMs`. Resolves with how long it believes that, in ms (infinity without a limit).
 * @throws StreamsError KAFKA_AUTHENTICATION (stop), KAFKA_UNREACHABLE (retry) when there is no token to show; their texts hold no secret, and
 * causes are left out for the same reason.
 */
export async function authenticate(connection: BrokerConnection, sasl: KafkaSasl, withinMs: number): Promise<number> {
  const { mechanism } = sasl
  // Whoever issues tokens may be away for a while, as a broker may.
  const secret = sasl.mechanism === 'OAUTHBEARER' ? await tokenOf(connection, sasl.token, withinMs) : ''
  try {
    await connection.call(saslHandshakeV1.api, mechanism)
    const { sessionLifetimeMs } = await exchange(connection as unknown as Connection, sasl, secret)
    return sessionLifetimeMs > 0n ? Number(sessionLifetimeMs) : Number.POSITIVE_INFINITY
  } catch (error) {
    const cause = isTransportError(error) ? error : (error as Error).cause
    if (isTransportError(cause)) throw cause
    throw misfit(
      'KAFKA_AUTHENTICATION',
      connection.broker,
      `SASL ${mechanism} was refused; check sasl and the user's rights`,
    )
  }
}

async function tokenOf({ broker }: BrokerConnection, token: () => Promise<string>, withinMs: number): Promise<string> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(unreachable(broker, `no token within ${withinMs} ms`)), withinMs)
  try {
    return await Promise.race([token(), late.promise])
  } catch (error) {
    if (isTransportError(error)) throw error
    throw unreachable(broker, 'the token for SASL OAUTHBEARER cannot be had')
  } finally {
    clearTimeout(timer)
  }
}

function exchange(
  connection: Connection,
  sasl: KafkaSasl,
  token: string,
): Promise<saslAuthenticateV2.SaslAuthenticateResponse> {
  const { api } = saslAuthenticateV2
  switch (sasl.mechanism) {
    case 'PLAIN':
      return saslPlain.authenticate(api, connection, sasl.username, sasl.password)
    case 'SCRAM-SHA-256':
      return saslScramSha.authenticate(api, connection, 'SHA-256', sasl.username, sasl.password)
    case 'SCRAM-SHA-512':
      return saslScramSha.authenticate(api, connection, 'SHA-512', sasl.username, sasl.password)
    case 'OAUTHBEARER':
      return saslOAuthBearer.authenticate(api, connection, token, sasl.extensions ?? {})
  }
}
