import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { StreamsError } from '../streams/errors.ts'
import type { Contact, Contacts } from './delivery.ts'

/** Contacts of one file; more belong into a service of their own. */
const CONTACTS_MAX = 100_000

const ContactsSchema = z.record(
  z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/, 'an account id'),
  z.strictObject({
    email: z.email().optional(),
    phone: z
      .string()
      .regex(/^\+[1-9]\d{6,14}$/, 'a number in E.164, such as +4915112345678')
      .optional(),
  }),
)

/**
 * Contacts in a JSON file, `{"acc-1": {"email": "...", "phone": "+49..."}}`, for development and small installations. It is read again
 * when it has changed; while a changed file cannot be read, nobody has a contact and deliveries wait.
 */
export class ContactsFile implements Contacts {
  private readonly path: string
  private contacts: ReadonlyMap<string, Contact> = new Map()
  private version = ''

  /** @throws StreamsError (stop) when the file cannot be used at the start. */
  constructor(path: string) {
    this.path = path
    try {
      this.refresh()
    } catch (error) {
      throw new StreamsError('OTP_CONTACTS', 'stop', (error as Error).message)
    }
  }

  async of(accountId: string): Promise<Contact | null> {
    try {
      this.refresh()
    } catch (error) {
      throw new StreamsError('OTP_CONTACTS', 'retry', (error as Error).message)
    }
    return this.contacts.get(accountId) ?? null
  }

  /** Names only where and which rule: what stands there is personal. */
  private refresh(): void {
    const stat = statSync(this.path, { throwIfNoEntry: false })
    if (stat === undefined) throw new Error(`the file of contacts, ${this.path}, is missing`)
    if ((stat.mode & 0o077) !== 0) throw new Error(`${this.path} can be read by others; run: chmod 600 ${this.path}`)
    const version = `${stat.ino} ${stat.mtimeMs} ${stat.size}`
    if (version === this.version) return
    const parsed = ContactsSchema.safeParse(jsonOf(this.path))
    if (!parsed.success) {
      const where = parsed.error.issues.slice(0, 5).map(({ message }) => message)
      throw new Error(`${this.path} is no file of contacts: ${where.join('; ')}`)
    }
    const entries = Object.entries(parsed.data as Record<string, Contact>)
    if (entries.length > CONTACTS_MAX) throw new Error(`${this.path} holds over ${CONTACTS_MAX} contacts`)
    this.contacts = new Map(entries)
    this.version = version
  }
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new Error(`${path} is not JSON, or cannot be read`)
  }
}
