/** Where one broker listens, and what it stands on. */
export interface BrokerPlace {
  readonly id: number
  readonly clientPort: number
  readonly controllerPort: number
  /** Of the listener that asks clients for a certificate; used by a secured cluster. */
  readonly tlsPort: number
  readonly logFolder: string
}

/** Settings of a broker as its server.properties has them. */
export type BrokerProperties = Readonly<Record<string, string>>

/**
 * A broker that is its own controller (KRaft), one of all in `places`.
 *
 * Internal topics are small and as much replicated as there are brokers for. Topics are never made by asking for them, so
 * a missing one is an error. Sessions of KIP-848 groups end after 6 s instead of 45 s, so that a take-over can be awaited, and
 * members ask every 0.2 s instead of 5 s, since the partitions of one that leaves wait for the others' next question. A write that
 * comes while the markers of the transaction before it are written is looked at again after 1 ms instead of 20 ms.
 */
export function brokerProperties(place: BrokerPlace, places: readonly BrokerPlace[]): BrokerProperties {
  const replicas = String(Math.min(3, places.length))
  const inSyncMin = places.length >= 3 ? '2' : '1'
  return {
    'process.roles': 'broker,controller',
    'node.id': String(place.id),
    'controller.quorum.voters': places.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': place.logFolder,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSyncMin,
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSyncMin,
    'group.initial.rebalance.delay.ms': '0',
    'group.consumer.min.session.timeout.ms': '6000',
    'group.consumer.session.timeout.ms': '6000',
    'group.consumer.min.heartbeat.interval.ms': '200',
    'group.consumer.heartbeat.interval.ms': '2000',
    'broker.session.timeout.ms': '6000',
    'broker.heartbeat.interval.ms': '1000',
    'log.cleaner.dedupe.buffer.size': String(4 << 20), // 128 MB of heap by default.
    'add.partitions.to.txn.retry.backoff.ms': '1',
    'num.io.threads': '4',
    'num.network.threads': '2',
  }
}

/** Open listeners: whoever reaches the port may do everything. */
export function openListeners({ clientPort, controllerPort }: BrokerPlace): BrokerProperties {
  return {
    listeners: `PLAINTEXT://127.0.0.1:${clientPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
  }
}

/** The text of a server.properties (java.util.Properties). */
export function propertiesText(properties: BrokerProperties): string {
  const escaped = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('')
}
