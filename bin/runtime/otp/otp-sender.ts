import { readFileSync } from 'node:fs'
import { consoleSender } from '../../../otp/console-sender.ts'
import type { CodeSender } from '../../../otp/delivery.ts'
import { SENDGRID_URL, sendgridSender } from '../../../otp/sendgrid-sender.ts'
import { TWILIO_URL, twilioSender } from '../../../otp/twilio-sender.ts'
import { type Config, ConfigError, variableOf } from '../../../platform/config.ts'
import { readSecretFile } from '../keys.ts'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/
const SUBMISSION_PORT = 587
const SUBMISSIONS_PORT = 465

type Chosen = Exclude<Config['otpDelivery'], ''>

/** Who sends codes; an empty setting is the console in the demo profile, if the folder has a key of codes, and nobody elsewhere. */
export function chosenDelivery({ profile, otpDelivery }: Config, hasKey: boolean): Chosen {
  if (otpDelivery !== '') return otpDelivery
  return profile === 'demo' && hasKey ? 'console' : 'none'
}

/**
 * Makes the sender that the settings describe. Passwords are read from their file here; they stand in no setting.
 * @throws ConfigError for settings that are missing or do not fit, KeysError for a password file that is missing or open to others.
 */
export async function codeSender(
  config: Config,
  delivery: Exclude<Chosen, 'none'>,
  print: (line: string) => void,
): Promise<CodeSender> {
  switch (delivery) {
    case 'console':
      if (config.profile === 'demo') return consoleSender(print)
      throw new ConfigError(
        `${variableOf('otpDelivery')}=console shows codes to whoever reads the console; it is for demos`,
      )
    case 'smtp':
      return mailSender(config)
    case 'twilio':
      return twilioSender({
        url: httpUrl(config, TWILIO_URL),
        accountSid: required(config, 'otpGatewayUser'),
        authToken: password(config),
        from: required(config, 'otpSender'),
      })
    case 'sendgrid':
      return sendgridSender({
        url: httpUrl(config, SENDGRID_URL),
        apiKey: password(config),
        from: required(config, 'otpSender'),
      })
  }
}

async function mailSender(config: Config): Promise<CodeSender> {
  // The mail client takes its time to load; who sends no mail should not wait for it.
  const { smtpSender } = await import('../../../otp/smtp-sender.ts')
  const { protocol, hostname, port } = new URL(required(config, 'otpGatewayUrl'))
  if (!/^smtps?:$/.test(protocol)) throw new ConfigError(`${variableOf('otpGatewayUrl')}: smtp:// or smtps:// for mail`)
  const isTls = protocol === 'smtps:'
  const { otpGatewayUser: user, otpGatewayCa: ca } = config
  return smtpSender({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isTls ? SUBMISSIONS_PORT : SUBMISSION_PORT) : Number(port),
    isTls,
    allowsPlain: LOOPBACK.test(hostname),
    ...(user !== '' && { user, password: password(config) }),
    ...(ca !== '' && { ca: caOf(ca) }),
    from: required(config, 'otpSender'),
  })
}

function httpUrl(config: Config, byDefault: string): string {
  const url = config.otpGatewayUrl === '' ? byDefault : config.otpGatewayUrl
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))) return url
  throw new ConfigError(`${variableOf('otpGatewayUrl')} would send codes and the log-in in clear; use https://`)
}

function required(config: Config, name: 'otpGatewayUrl' | 'otpGatewayUser' | 'otpSender'): string {
  if (config[name] !== '') return config[name]
  throw new ConfigError(`${variableOf(name)} is not set; ${variableOf('otpDelivery')}=${config.otpDelivery} needs it`)
}

function password({ otpGatewayPasswordFile, otpDelivery }: Config): string {
  const variable = variableOf('otpGatewayPasswordFile')
  if (otpGatewayPasswordFile === '') {
    throw new ConfigError(`${variable} is not set; ${variableOf('otpDelivery')}=${otpDelivery} needs it`)
  }
  const remedy = `${variable} names a file that its owner alone can read`
  return readSecretFile(otpGatewayPasswordFile, remedy).replace(/\r?\n$/, '')
}

function caOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`${variableOf('otpGatewayCa')}=${path} cannot be read: ${(error as Error).message}`)
  }
}
