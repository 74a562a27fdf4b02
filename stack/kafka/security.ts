import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificate, CertificateAuthority } from '../certificates.ts'
import { type BrokerPlace, type BrokerProperties, propertiesText } from './broker-properties.ts'

/** The super user of every secured cluster. */
export const ADMIN = 'admin'
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const SCRAM = MECHANISMS.filter((mechanism) => mechanism !== 'PLAIN')
const LOGIN_MODULES = 'org.apache.kafka.common.security'

/** Who may come to a secured cluster, and how it shows who it is. */
export class KafkaSecurity {
  /** Passwords by user; each user has them for PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly passwords: Readonly<Record<string, string>>
  readonly authority: CertificateAuthority
  /** Client certificates by user, for the TLS listener; the common name is the principal. */
  readonly certificates: Readonly<Record<string, Certificate>>
  /** For Kafka's tools: `--command-config`, as the super user. */
  readonly adminConfigFile: string
  private readonly server: Certificate

  private constructor(
    passwords: Readonly<Record<string, string>>,
    authority: CertificateAuthority,
    certificates: Readonly<Record<string, Certificate>>,
    server: Certificate,
    adminConfigFile: string,
  ) {
    this.passwords = passwords
    this.authority = authority
    this.certificates = certificates
    this.server = server
    this.adminConfigFile = adminConfigFile
  }

  /** Makes the keys of a new cluster in `folder`; `users` are passwords by user, to which the super user is added. */
  static async create(folder: string, users: Readonly<Record<string, string>>): Promise<KafkaSecurity> {
    const passwords = { [ADMIN]: 'admin-secret', ...users }
    const authority = await CertificateAuthority.create(folder)
    const server = await authority.issue('broker')
    const certificates: Record<string, Certificate> = {}
    for (const user of Object.keys(passwords)) certificates[user] = await authority.issue(user)
    const adminConfigFile = join(folder, 'admin.properties')
    const security = new KafkaSecurity(passwords, authority, certificates, server, adminConfigFile)
    writeFileSync(adminConfigFile, propertiesText(security.clientProperties(ADMIN)))
    return security
  }

  /** Listeners that know everybody: passwords over TLS, or a client certificate; nobody may do anything but by an ACL. */
  listeners({ clientPort, tlsPort, controllerPort }: BrokerPlace): BrokerProperties {
    const plain = this.plainLogin(ADMIN, Object.entries(this.passwords))
    const scram = `${LOGIN_MODULES}.scram.ScramLoginModule required;`
    return {
      listeners: `SASL_SSL://127.0.0.1:${clientPort},SSL://127.0.0.1:${tlsPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:SASL_SSL',
      'inter.broker.listener.name': 'SASL_SSL',
      'sasl.enabled.mechanisms': MECHANISMS.join(','),
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'sasl.mechanism.controller.protocol': 'PLAIN',
      'listener.name.controller.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.controller.plain.sasl.jaas.config': plain,
      'listener.name.sasl_ssl.plain.sasl.jaas.config': plain,
      ...Object.fromEntries(
        SCRAM.map((mechanism) => [`listener.name.sasl_ssl.${mechanism.toLowerCase()}.sasl.jaas.config`, scram]),
      ),
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': this.server.keyStoreFile,
      ...this.trust(),
      'listener.name.ssl.ssl.client.auth': 'required',
      'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/,DEFAULT',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': `User:${ADMIN}`,
    }
  }

  /** The users as arguments of `kafka-storage format`. */
  scramArguments(): string[] {
    return Object.entries(this.passwords).flatMap(([user, password]) =>
      SCRAM.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${user},password=${password}]`]),
    )
  }

  /** Settings with which one of Kafka's own clients comes in as `user`. */
  clientProperties(user: string): BrokerProperties {
    return {
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': this.plainLogin(user, []),
      ...this.trust(),
    }
  }

  private trust(): BrokerProperties {
    return { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': this.authority.certificateFile }
  }

  private plainLogin(user: string, known: readonly (readonly [string, string])[]): string {
    const users = known.map(([name, password]) => ` user_${name}="${password}"`).join('')
    return `${LOGIN_MODULES}.plain.PlainLoginModule required username="${user}" password="${this.passwords[user]}"${users};`
  }
}
