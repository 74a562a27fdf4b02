import { type BrokerProperties, brokerProperties } from '../kafka/broker-properties.ts'

/** Inside its container, where nobody else listens. */
const CONTROLLER_PORT = 9_093

/** The environment of one broker in the image apache/kafka: the launcher's settings, reached at `host:port` from outside. */
export function kafkaVariables(host: string, port: number): Readonly<Record<string, string>> {
  const place = {
    id: 1,
    clientPort: port,
    controllerPort: CONTROLLER_PORT,
    tlsPort: 0,
    logFolder: '/var/lib/kafka/data',
  }
  return variables({
    ...brokerProperties(place, [place]),
    listeners: `PLAINTEXT://0.0.0.0:${port},CONTROLLER://127.0.0.1:${CONTROLLER_PORT}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
  })
}

/** A setting as the image wants it: `KAFKA_`, capitals, and `_` for `.`, `__` for `_`, `___` for `-`. */
function variables(properties: BrokerProperties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => {
      const written = name.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_')
      return [`KAFKA_${written.toUpperCase()}`, value]
    }),
  )
}
