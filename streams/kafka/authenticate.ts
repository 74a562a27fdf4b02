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
import { isTransportError, misfit } from './transport-error.ts'

/**
 * Tells the broker who we are. Resolves with how long it believes that, in ms (infinity without a limit).
 * @throws StreamsError KAFKA_AUTHENTICATION (stop); its text holds no secret, and its cause is left out for the same reason.
 */
export async function authenticate(connection: BrokerConnection, sasl: KafkaSasl): Promise<number> {
  const { mechanism } = sasl
  try {
    await connection.call(saslHandshakeV1.api, mechanism)
    const { sessionLifetimeMs } = await exchange(connection as unknown as Connection, sasl)
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

function exchange(connection: Connection, sasl: KafkaSasl): Promise<saslAuthenticateV2.SaslAuthenticateResponse> {
  const { api } = saslAuthenticateV2
  switch (sasl.mechanism) {
    case 'PLAIN':
      return saslPlain.authenticate(api, connection, sasl.username, sasl.password)
    case 'SCRAM-SHA-256':
      return saslScramSha.authenticate(api, connection, 'SHA-256', sasl.username, sasl.password)
    case 'SCRAM-SHA-512':
      return saslScramSha.authenticate(api, connection, 'SHA-512', sasl.username, sasl.password)
    case 'OAUTHBEARER':
      return saslOAuthBearer.authenticate(api, connection, sasl.token, sasl.extensions ?? {})
  }
}
