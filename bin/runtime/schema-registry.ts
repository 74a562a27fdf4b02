import { type Config, ConfigError, variableOf } from '../../platform/config.ts'
import { SUBJECTS } from '../../schemas/check.ts'
import { ConfluentRegistry } from '../../schemas/confluent-registry.ts'
import { localRegistry } from '../../schemas/local-registry.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { subjectOf } from '../../schemas/topics.ts'
import { readSecretFile } from './keys.ts'

/** The registry that the settings name, or null when they name none. @throws ConfigError, KeysError */
export function confluentRegistry(config: Config): ConfluentRegistry | null {
  const { registryUrl: url, registryUser: username, registryPasswordFile: passwordFile } = config
  if ((username === '') !== (passwordFile === '')) {
    const both = `${variableOf('registryUser')} and ${variableOf('registryPasswordFile')}`
    throw new ConfigError(`${both} are set together or not at all`)
  }
  if (url === '') {
    if (username !== '') throw new ConfigError(`${variableOf('registryUser')} without ${variableOf('registryUrl')}`)
    return null
  }
  return new ConfluentRegistry({ url: url.replace(/\/$/, ''), logIn: username === '' ? null : logIn() }, OUR_SUBJECTS)

  function logIn() {
    if (url.startsWith('http:')) {
      throw new ConfigError(`${variableOf('registryUrl')}: the password would go in clear; use https`)
    }
    const remedy = `${variableOf('registryPasswordFile')} names a file that its owner alone can read`
    return { username, password: readSecretFile(passwordFile, remedy).replace(/\r?\n$/, '') }
  }
}

/** Where schema ids come from: the registry of the settings, or the versions that the checkout holds. */
export function schemaRegistry(config: Config): SchemaRegistry {
  return confluentRegistry(config) ?? localRegistry()
}

const OUR_SUBJECTS = SUBJECTS.map(({ topic, record }) => subjectOf(topic, record))
