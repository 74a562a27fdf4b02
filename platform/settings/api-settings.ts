import { z } from 'zod'
import { address, fileOrAddress, flag, PORT, setting, wholeNumber } from './setting.ts'

/** The confirm API and its one-time codes. */
export const API_SETTINGS = {
  otpDelivery: setting(
    'OTP_DELIVERY',
    z.enum(['', 'none', 'console', 'smtp', 'twilio', 'sendgrid']),
    '',
    'who sends one-time codes: smtp, twilio (SMS), sendgrid (mail), console (shows them) or none; empty is console in the demo profile, else none',
  ),
  otpStore: setting(
    'OTP_STORE',
    z.enum(['embedded', 'redis']),
    'embedded',
    'where one-time codes are kept: in the data folder, or in the Redis of SLUICE_REDIS_URL, which several machines share',
  ),
  otpContactsFile: setting(
    'OTP_CONTACTS',
    z.string(),
    '',
    'JSON file, mode 600, of whom codes go to, by account: {"acc-1": {"email": "...", "phone": "+49..."}}',
  ),
  otpSender: setting('OTP_SENDER', z.string(), '', 'the address or the number that codes come from'),
  otpGatewayUrl: setting(
    'OTP_GATEWAY_URL',
    address(/^(?:https?|smtps?)$/),
    '',
    'smtp://host:port (STARTTLS) or smtps://host:port; for twilio and sendgrid empty is their own address',
  ),
  otpGatewayUser: setting('OTP_GATEWAY_USER', z.string(), '', "the mail server's user, or Twilio's account SID"),
  otpGatewayPasswordFile: setting(
    'OTP_GATEWAY_PASSWORD_FILE',
    z.string(),
    '',
    "file, mode 600, of the mail server's password, Twilio's auth token or SendGrid's API key alone",
  ),
  otpGatewayCa: setting(
    'OTP_GATEWAY_CA',
    z.string(),
    '',
    'PEM file of the authorities to trust for mail; empty is Node’s',
  ),
  otpLockMs: setting(
    'OTP_LOCK_MS',
    wholeNumber(60_000, 86_400_000),
    '1800000',
    'how long an account gets no code after five wrong ones; `sluice otp unlock` ends it before',
  ),
  otpCodesPerClient: setting(
    'OTP_CODES_PER_CLIENT',
    wholeNumber(1, 10_000),
    '20',
    'codes that one client of the API may have sent within 15 min',
  ),
  otpTriesPerClient: setting(
    'OTP_TRIES_PER_CLIENT',
    wholeNumber(1, 10_000),
    '60',
    'codes that one client of the API may try within 10 min',
  ),
  apiServed: setting('API', flag, 'yes', '`up` serves the confirm API on the port of the board: yes or no'),
  apiHost: setting('API_HOST', z.string().min(1), '127.0.0.1', 'the address that `sluice api` listens on'),
  apiPort: setting('API_PORT', PORT, '3002', 'the API when it runs alone, as `sluice api`; 0 takes any free port'),
  apiIssuer: setting('API_ISSUER', z.string().min(1), 'sluice', 'who must have issued an access token (iss)'),
  apiAudience: setting('API_AUDIENCE', z.string().min(1), 'sluice-api', 'whom an access token must be for (aud)'),
  apiJwks: setting(
    'API_JWKS',
    fileOrAddress,
    '',
    'public keys of access tokens: a JWKS file, or its https address; empty is the key file of the demo',
  ),
  apiBodyKeys: setting(
    'API_BODY_KEYS',
    z.string(),
    '',
    'private keys that open encrypted bodies: a JWKS file, mode 600; empty is that of the keys folder, if there is one',
  ),
  apiTokenLifeMaxS: setting(
    'API_TOKEN_LIFE_MAX_S',
    wholeNumber(1, 86_400),
    '3600',
    'seconds from issue to expiry; a token that lives longer is refused',
  ),
  apiTimeoutMs: setting(
    'API_TIMEOUT_MS',
    wholeNumber(50, 60_000),
    '2000',
    'how long a call waits for its decision; then 503, and the same key gets it later',
  ),
  apiInFlightMax: setting(
    'API_IN_FLIGHT_MAX',
    z.union([z.literal('').transform(() => null), wholeNumber(1, 100_000)]),
    '',
    'calls on their way at one time; one more is refused at once with 503; empty is 200 on the embedded log, 1024 on a cluster',
  ),
  apiDelayMaxMs: setting(
    'API_DELAY_MAX_MS',
    wholeNumber(1, 600_000),
    '100',
    'how long a call may wait for a process that has more to do than it can; what would wait longer is refused at once with 503',
  ),
  apiRate: setting(
    'API_RATE',
    wholeNumber(1, 1_000_000),
    '10',
    'new payments a minute and caller; repeats do not count',
  ),
  apiRateWithoutRedis: setting(
    'API_RATE_WITHOUT_REDIS',
    wholeNumber(1, 1_000_000),
    '3',
    'the same, a minute, caller and instance, while the Redis of SLUICE_REDIS_URL does not answer',
  ),
  apiClaimsMax: setting(
    'API_CLAIMS_MAX',
    wholeNumber(1, 100_000_000),
    '2000000',
    'idempotency keys that an instance holds, about 1 KiB of disk each; past it new ones get 503 until old ones end',
  ),
  apiReplayStatus: setting(
    'API_REPLAY_STATUS',
    z.enum(['first', '409']),
    'first',
    'a finished call that comes again gets its first status; `409` is for old clients that expect a conflict',
  ),
} as const
