import { z } from 'zod'
import { address, flag, servers, setting, wholeNumber } from './setting.ts'

/** The cluster, and the registry of its schemas. */
export const KAFKA_SETTINGS = {
  kafkaBootstrap: setting(
    'KAFKA_BOOTSTRAP',
    servers,
    '',
    'bootstrap servers of the Kafka cluster, host:port with commas; empty is the embedded log',
  ),
  kafkaClientId: setting('KAFKA_CLIENT_ID', z.string().min(1), 'sluice', 'how brokers name this program'),
  kafkaTls: setting('KAFKA_TLS', flag, 'no', 'brokers are spoken to by TLS: yes or no'),
  kafkaTlsCa: setting('KAFKA_TLS_CA', z.string(), '', 'PEM file of the authorities to trust; empty is those of Node'),
  kafkaTlsCert: setting('KAFKA_TLS_CERT', z.string(), '', 'PEM file of the client certificate'),
  kafkaTlsKey: setting('KAFKA_TLS_KEY', z.string(), '', 'PEM file of its key, mode 600'),
  kafkaSaslMechanism: setting(
    'KAFKA_SASL_MECHANISM',
    z.enum(['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
    'none',
    'how to log in to brokers; PLAIN with TLS only',
  ),
  kafkaSaslUser: setting('KAFKA_SASL_USER', z.string(), '', 'the user to log in as'),
  kafkaSaslPasswordFile: setting('KAFKA_SASL_PASSWORD_FILE', z.string(), '', 'file of the password alone, mode 600'),
  kafkaReplicas: setting(
    'KAFKA_REPLICAS',
    wholeNumber(1, 9),
    '3',
    'on how many brokers each partition stands; fewer than 3 survive no lost broker without a stop',
  ),
  registryUrl: setting(
    'REGISTRY_URL',
    address(/^https?$/),
    '',
    'root of the Confluent-compatible schema registry; empty is the versions in schemas/registry',
  ),
  registryUser: setting('REGISTRY_USER', z.string(), '', 'the user to log in to the registry as'),
  registryPasswordFile: setting('REGISTRY_PASSWORD_FILE', z.string(), '', 'file of the password alone, mode 600'),
} as const
