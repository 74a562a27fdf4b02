import { type CodeSender, contactOf } from './delivery.ts'
import { post } from './http-gateway.ts'

export const TWILIO_URL = 'https://api.twilio.com'

export interface TwilioTarget {
  readonly url: string
  readonly accountSid: string
  readonly authToken: string
  /** The number that messages come from, E.164. */
  readonly from: string
}

/** Text messages by Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource). */
export function twilioSender({ url, accountSid, authToken, from }: TwilioTarget): CodeSender {
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`
  const messages = new URL(`/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`, url).href
  return {
    channel: 'SMS',
    send: async (_accountId, contact, text, signal) => {
      const body = new URLSearchParams({ To: contactOf(contact, 'phone'), From: from, Body: text }).toString()
      const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
      await post({ url: messages, headers, body }, signal)
    },
  }
}
