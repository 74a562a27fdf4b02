import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { consoleSender } from '../../otp/console-sender.ts'
import type { CodeSender } from '../../otp/delivery.ts'
import { sendgridSender } from '../../otp/sendgrid-sender.ts'
import { smtpSender } from '../../otp/smtp-sender.ts'
import { twilioSender } from '../../otp/twilio-sender.ts'
import { type NextAnswer, startGateway } from './code-server.ts'

// Goal: each sender speaks its service's protocol over real sockets, and tells what is worth another try from what is not.

const TEXT = '012345 is your code to pay 6000.00 USD to shop.'
const CONTACT = { email: 'ana@example.org', phone: '+4915112345678' }
const SECRETS = [CONTACT.email, CONTACT.phone, '012345', 'token-1']

const soon = () => AbortSignal.timeout(15_000)

/** What a sender rejects with: its code, what comes next, and nothing that is secret. */
async function failureOf(sending: Promise<void>) {
  const error = await sending.then(
    () => null,
    (caught: Error) => caught,
  )
  expect(error).not.toBeNull()
  const text = JSON.stringify(error, Object.getOwnPropertyNames(error))
  for (const secret of SECRETS) expect(text).not.toContain(secret)
  return error
}

const HTTP_ANSWERS: readonly { why: string; answer: NextAnswer; fails: object | null }[] = [
  { why: 'created', answer: 201, fails: null },
  { why: 'taken for later', answer: 202, fails: null },
  { why: 'a bad number: the same again ends the same', answer: 400, fails: { code: 'HTTP_400', next: 'give-up' } },
  { why: 'a wrong token', answer: 401, fails: { code: 'HTTP_401', next: 'give-up' } },
  { why: 'a redirect would carry the log-in elsewhere', answer: 302, fails: { code: 'HTTP_302', next: 'give-up' } },
  { why: 'too many for now', answer: 429, fails: { code: 'HTTP_429', next: 'retry' } },
  { why: 'broken', answer: 500, fails: { code: 'HTTP_500', next: 'retry' } },
  { why: 'away', answer: 503, fails: { code: 'HTTP_503', next: 'retry' } },
]

const GATEWAYS = [
  {
    name: 'Twilio',
    of: (url: string) => twilioSender({ url, accountSid: 'AC1', authToken: 'token-1', from: '+15005550006' }),
  },
  { name: 'SendGrid', of: (url: string) => sendgridSender({ url, apiKey: 'token-1', from: 'codes@example.com' }) },
] as const

describe.each(GATEWAYS)('$name', ({ of }) => {
  test.each(HTTP_ANSWERS)('answers $answer, $why', async ({ answer, fails }) => {
    const gateway = await startGateway(answer)
    const sending = of(gateway.url).send('acc-1', CONTACT, TEXT, soon())
    if (fails === null) await sending
    else expect(await failureOf(sending)).toMatchObject(fails)
    expect(gateway.got).toHaveLength(1)
  })

  test('does not answer', async () => {
    const gateway = await startGateway('hang')
    const overdue = new AbortController()
    void gateway.arrived.then(() => overdue.abort())
    const failure = await failureOf(of(gateway.url).send('acc-1', CONTACT, TEXT, overdue.signal))
    expect(failure).toMatchObject({ code: 'TIMED_OUT', next: 'retry' })
  })

  test('is not there', async () => {
    const failure = await failureOf(of('http://127.0.0.1:1').send('acc-1', CONTACT, TEXT, soon()))
    expect(failure).toMatchObject({ code: 'UNREACHABLE', next: 'retry' })
  })

  test('is not asked for an account without a contact', async () => {
    const gateway = await startGateway(201)
    for (const contact of [null, {}]) {
      const failure = await failureOf(of(gateway.url).send('acc-1', contact, TEXT, soon()))
      expect(failure).toMatchObject({ code: 'NO_CONTACT', next: 'give-up' })
    }
    expect(gateway.got).toHaveLength(0)
  })
})

test('Twilio is asked as its Messages resource has it', async () => {
  const gateway = await startGateway(201)
  await GATEWAYS[0].of(gateway.url).send('acc-1', CONTACT, TEXT, soon())
  const [request] = gateway.got
  expect(request).toMatchObject({ method: 'POST', path: '/2010-04-01/Accounts/AC1/Messages.json' })
  expect(request?.headers).toMatchObject({
    authorization: `Basic ${Buffer.from('AC1:token-1').toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  })
  const fields = Object.fromEntries(new URLSearchParams(request?.body))
  expect(fields).toEqual({ To: CONTACT.phone, From: '+15005550006', Body: TEXT })
})

test('SendGrid is asked as its v3 API has it', async () => {
  const gateway = await startGateway(202)
  await GATEWAYS[1].of(gateway.url).send('acc-1', CONTACT, TEXT, soon())
  const [request] = gateway.got
  expect(request).toMatchObject({ method: 'POST', path: '/v3/mail/send', headers: { authorization: 'Bearer token-1' } })
  expect(JSON.parse(request?.body ?? '')).toEqual({
    personalizations: [{ to: [{ email: CONTACT.email }] }],
    from: { email: 'codes@example.com' },
    subject: 'Your code',
    content: [{ type: 'text/plain', value: TEXT }],
  })
})

describe('a mail server', () => {
  /** Answers RCPT with `reply`; 250 takes the mail. */
  async function startMail(reply: number, tls: 'offers STARTTLS' | 'plain' = 'plain') {
    const mails: { from: string; to: string[]; text: string; user: unknown }[] = []
    const server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      logger: false,
      disabledCommands: tls === 'plain' ? ['STARTTLS'] : [],
      onAuth: ({ username, password }, _session, done) => {
        if (password === 'token-1') done(null, { user: username })
        else done(Object.assign(new Error('no such log-in'), { responseCode: 535 }))
      },
      onRcptTo: ({ address }, _session, done) => {
        done(reply === 250 ? null : Object.assign(new Error(`<${address}> not now`), { responseCode: reply }))
      },
      onData: (stream, session, done) => {
        let text = ''
        stream.on('data', (chunk: Buffer) => {
          text += chunk
        })
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope
          const from = mailFrom === false ? '' : mailFrom.address
          mails.push({ from, to: rcptTo.map(({ address }) => address), text, user: session.user })
          done()
        })
      },
    })
    server.on('error', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)))
    return { port: (server.server.address() as AddressInfo).port, mails }
  }

  const senderTo = (port: number, given: object = {}): CodeSender => {
    return smtpSender({ host: '127.0.0.1', port, isTls: false, allowsPlain: true, from: 'codes@example.com', ...given })
  }

  test('gets the mail, after a log-in', async () => {
    const mail = await startMail(250)
    await senderTo(mail.port, { user: 'sluice', password: 'token-1' }).send('acc-1', CONTACT, TEXT, soon())
    expect(mail.mails).toMatchObject([{ from: 'codes@example.com', to: [CONTACT.email], user: 'sluice' }])
    expect(mail.mails[0]?.text).toContain(TEXT)
  })

  test.each([
    { why: 'greylisted, or busy', reply: 451, fails: { code: 'SMTP_451', next: 'retry' } },
    { why: 'no such mailbox', reply: 550, fails: { code: 'SMTP_550', next: 'give-up' } },
  ])('answers $reply, $why', async ({ reply, fails }) => {
    const mail = await startMail(reply)
    expect(await failureOf(senderTo(mail.port).send('acc-1', CONTACT, TEXT, soon()))).toMatchObject(fails)
    expect(mail.mails).toHaveLength(0)
  })

  test('refuses the log-in', async () => {
    const mail = await startMail(250)
    const sending = senderTo(mail.port, { user: 'sluice', password: 'other' }).send('acc-1', CONTACT, TEXT, soon())
    expect(await failureOf(sending)).toMatchObject({ code: 'SMTP_535', next: 'give-up' })
  })

  test('that offers no TLS gets no code where TLS is asked for', async () => {
    const mail = await startMail(250)
    const sending = senderTo(mail.port, { allowsPlain: false }).send('acc-1', CONTACT, TEXT, soon())
    expect(await failureOf(sending)).toMatchObject({ next: 'give-up' })
    expect(mail.mails).toHaveLength(0)
  })

  test('does not answer', async () => {
    const overdue = new AbortController()
    const silent = createServer(() => overdue.abort())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const { port } = silent.address() as AddressInfo
    expect(await failureOf(senderTo(port).send('acc-1', CONTACT, TEXT, overdue.signal))).toMatchObject({
      code: 'TIMED_OUT',
      next: 'retry',
    })
  })

  test('is not there', async () => {
    expect(await failureOf(senderTo(1).send('acc-1', CONTACT, TEXT, soon()))).toMatchObject({
      code: 'UNREACHABLE',
      next: 'retry',
    })
  })
})

test('the console shows the text beside the account, and needs no contact', async () => {
  const lines: string[] = []
  await consoleSender((line) => lines.push(line)).send('acc-1', null, TEXT, soon())
  expect(lines).toEqual([`code for acc-1: ${TEXT}`])
})
