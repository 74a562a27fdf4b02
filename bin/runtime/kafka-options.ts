import { readFileSync } from 'node:fs'
import { type Config, ConfigError, variableOf } from '../../platform/config.ts'
import type { KafkaOptions, KafkaSasl, KafkaTls } from '../../streams/kafka/kafka-options.ts'
import { readSecretFile } from './keys.ts'

/**
 * The cluster that the settings name, or null when they name none: then the log is the embedded one. Passwords and keys
 * are read from their files here; they stand in no setting, so `sluice config` can show every one.
 * @throws ConfigError for settings that contradict each other, KeysError for a secret that is missing or open to others.
 */
export function kafkaOptions(config: Config): KafkaOptions | null {
  const { kafkaBootstrap: bootstrapServers, kafkaClientId: clientId } = config
  if (bootstrapServers.length === 0) {
    requireUnset(config, ['kafkaTls', 'kafkaTlsCa', 'kafkaTlsCert', 'kafkaTlsKey', ...SASL_SETTINGS], 'kafkaBootstrap')
    return null
  }
  const tls = tlsOf(config)
  const sasl = saslOf(config, tls !== null)
  return { bootstrapServers, clientId, ...(tls !== null && { tls }), ...(sasl !== null && { sasl }) }
}

/** As `kafkaOptions`, for what works on a cluster alone. */
export function requireKafkaOptions(config: Config): KafkaOptions {
  const options = kafkaOptions(config)
  if (options === null) throw new ConfigError(`${variableOf('kafkaBootstrap')} is not set; name the cluster's brokers`)
  return options
}

const SASL_SETTINGS = ['kafkaSaslMechanism', 'kafkaSaslUser', 'kafkaSaslPasswordFile'] as const

function tlsOf(config: Config): KafkaTls | null {
  const { kafkaTls, kafkaTlsCa: ca, kafkaTlsCert: cert, kafkaTlsKey: key } = config
  if (!kafkaTls) {
    requireUnset(config, ['kafkaTlsCa', 'kafkaTlsCert', 'kafkaTlsKey'], 'kafkaTls')
    return null
  }
  if ((cert === '') !== (key === '')) {
    throw new ConfigError(
      `${variableOf('kafkaTlsCert')} and ${variableOf('kafkaTlsKey')} are set together or not at all`,
    )
  }
  const own = cert !== '' && {
    cert: certificates('kafkaTlsCert', cert),
    key: readSecretFile(key, secretRemedy('kafkaTlsKey')),
  }
  return { ...(ca !== '' && { ca: certificates('kafkaTlsCa', ca) }), ...own }
}

function saslOf(config: Config, isEncrypted: boolean): KafkaSasl | null {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUser: username, kafkaSaslPasswordFile: passwordFile } = config
  if (mechanism === 'none') {
    requireUnset(config, ['kafkaSaslUser', 'kafkaSaslPasswordFile'], 'kafkaSaslMechanism')
    return null
  }
  if (username === '' || passwordFile === '') {
    const needed = `${variableOf('kafkaSaslUser')} and ${variableOf('kafkaSaslPasswordFile')}`
    throw new ConfigError(`${variableOf('kafkaSaslMechanism')}=${mechanism} needs ${needed}`)
  }
  if (mechanism === 'PLAIN' && !isEncrypted) {
    const instead = `set ${variableOf('kafkaTls')}=yes or use SCRAM`
    throw new ConfigError(`${variableOf('kafkaSaslMechanism')}=PLAIN would send the password in clear; ${instead}`)
  }
  const password = readSecretFile(passwordFile, secretRemedy('kafkaSaslPasswordFile')).replace(/\r?\n$/, '')
  return { mechanism, username, password }
}

/** A setting without the one that gives it a meaning is a mistake: better to stop than to go on in plain text. */
function requireUnset(config: Config, names: readonly (keyof Config)[], needed: keyof Config): void {
  const set = names.filter((name) => config[name] !== '' && config[name] !== false && config[name] !== 'none')
  if (set.length === 0) return
  throw new ConfigError(`${set.map(variableOf).join(', ')} without ${variableOf(needed)}; set it, or remove the others`)
}

function certificates(name: keyof Config, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`${variableOf(name)}=${path} cannot be read: ${(error as Error).message}`)
  }
}

function secretRemedy(name: keyof Config): string {
  return `${variableOf(name)} names a file that its owner alone can read`
}
