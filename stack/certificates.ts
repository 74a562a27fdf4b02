import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PartError } from './part-error.ts'
import { runProgram } from './run-program.ts'

/** A certificate and its key, as files and as PEM text. */
export interface Certificate {
  readonly certificateFile: string
  readonly keyFile: string
  /** Both in one file, as Kafka's PEM key store wants them. */
  readonly keyStoreFile: string
  readonly certificate: string
  readonly key: string
}

/** Longer than any test runs. */
const DAYS = 2
const HERE = 'subjectAltName=IP:127.0.0.1,DNS:localhost'

/** A certificate authority of its own, which nobody trusts by default. Keys are for tests and stand unencrypted. */
export class CertificateAuthority {
  readonly certificateFile: string
  readonly certificate: string
  private readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
    this.certificateFile = join(folder, 'ca.crt')
    this.certificate = readFileSync(this.certificateFile, 'utf8')
  }

  /** Makes one in a new folder. */
  static async create(folder: string): Promise<CertificateAuthority> {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    await newCertificate(join(folder, 'ca'), 'sluice test authority', [])
    return new CertificateAuthority(folder)
  }

  /** A certificate for this machine (127.0.0.1, localhost) with the common name, which is a file name as well. */
  async issue(commonName: string): Promise<Certificate> {
    const path = join(this.folder, commonName)
    const signer = ['-CA', this.certificateFile, '-CAkey', join(this.folder, 'ca.key'), '-addext', HERE]
    await newCertificate(path, commonName, signer)
    const certificate = readFileSync(`${path}.crt`, 'utf8')
    const key = readFileSync(`${path}.key`, 'utf8')
    writeFileSync(`${path}.pem`, key + certificate, { mode: 0o600 })
    return {
      certificateFile: `${path}.crt`,
      keyFile: `${path}.key`,
      keyStoreFile: `${path}.pem`,
      certificate,
      key,
    }
  }
}

async function newCertificate(path: string, commonName: string, more: readonly string[]): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', `${path}.key`]
  const args = [
    'req',
    '-x509',
    '-days',
    String(DAYS),
    '-subj',
    `/CN=${commonName}`,
    ...key,
    '-out',
    `${path}.crt`,
    ...more,
  ]
  const { exitCode, stderr } = await runProgram('openssl', args)
  if (exitCode !== 0) throw new PartError(`openssl cannot make the certificate ${commonName}: ${stderr.trim()}`)
}
