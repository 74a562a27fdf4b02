import { type CodeSender, contactOf } from './delivery.ts'
import { post } from './http-gateway.ts'

export const SENDGRID_URL = 'https://api.sendgrid.com'

export interface SendgridTarget {
  readonly url: string
  readonly apiKey: string
  readonly from: string
}

const SUBJECT = 'Your code'

/** Mail by SendGrid's v3 API (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send). */
export function sendgridSender({ url, apiKey, from }: SendgridTarget): CodeSender {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  return {
    channel: 'EMAIL',
    send: async (_accountId, contact, text, signal) => {
      const body = JSON.stringify({
        personalizations: [{ to: [{ email: contactOf(contact, 'email') }] }],
        from: { email: from },
        subject: SUBJECT,
        content: [{ type: 'text/plain', value: text }],
      })
      await post({ url: new URL('/v3/mail/send', url).href, headers, body }, signal)
    },
  }
}
