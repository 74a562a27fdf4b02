import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { vi } from 'vitest'
import type { RateLimiter } from '../../api/access/rate-limiter.ts'
import type { Challenges } from '../../api/challenge.ts'
import { ConfirmApi } from '../../bin/runtime/api/confirm-api.ts'
import { addTokenKey, signToken } from '../../bin/runtime/api/token-keys.ts'
import { Pipeline } from '../../bin/runtime/pipeline.ts'
import { openWritingSession, type Session } from '../../bin/runtime/session.ts'
import { serveWeb } from '../../bin/runtime/web-server.ts'
import { measureApi } from '../../platform/api-metrics.ts'
import { readConfig } from '../../platform/config.ts'
import { createLogger } from '../../platform/logger.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Log, LogReader, ProducerSession, TopicPartition } from '../../streams/log/log.ts'

/** A machine that does much else is no reason to fail. */
const TIMEOUT_MS = '60000'
/** Neither is it one to refuse calls, nor is it that many come at once. */
export const UNHURRIED = { SLUICE_API_DELAY_MAX_MS: '600000', SLUICE_API_IN_FLIGHT_MAX: '1024' }
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
const SILENT = { onSurvived: () => {}, onFailed: () => {} }

/** What a test says of an instance beside its name. */
export interface InstanceOptions {
  readonly challenges?: Challenges | null
  readonly sharedLimiter?: RateLimiter | null
  readonly env?: Readonly<Record<string, string>>
  /** Its payments never reach the log, as if it had died before it posted them. */
  readonly paymentsLost?: boolean
  /** Its mask keys are in force in the other order, as after a rotation. */
  readonly rotated?: boolean
  /** While it has a promise, no decision that is read comes before that resolves. */
  readonly decisions?: { held: Promise<void> | null }
}

/** One API on a port of its own. */
export class ApiInstance {
  readonly url: string
  readonly api: ConfirmApi
  readonly registry: Registry
  readonly server: { close(): Promise<void> }

  constructor(api: ConfirmApi, server: { readonly port: number; close(): Promise<void> }, registry: Registry) {
    this.api = api
    this.server = server
    this.registry = registry
    this.url = `http://127.0.0.1:${server.port}`
  }

  async close(): Promise<void> {
    await this.server.close()
    await this.api.close()
  }
}

/** A data folder with its log, a pipeline that can be stopped and started, and any number of APIs over it; it goes with `close`. */
export class ApiGround {
  readonly folder: string
  readonly session: Session
  readonly instances: ApiInstance[] = []
  private pipeline: Pipeline | null = null

  private constructor(folder: string, session: Session) {
    this.folder = folder
    this.session = session
  }

  static async open(): Promise<ApiGround> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-api-'))
    const config = readConfig({}, { SLUICE_DATA: folder, SLUICE_FETCH_WAIT_MS: '50' })
    const ground = new ApiGround(folder, await openWritingSession(config))
    await addTokenKey(ground.session.folder.keys.folder)
    return ground
  }

  /** Starts the tasks, and waits until they run. */
  async decide(): Promise<void> {
    this.pipeline = new Pipeline(this.session, SILENT)
    while (!this.pipeline.running) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  /** Stops them: payments wait in the log. */
  async stopDeciding(): Promise<void> {
    this.pipeline?.stop()
    await this.pipeline?.ended
    this.pipeline = null
  }

  /** An instance that has read the log. */
  async serve(
    name: string,
    {
      challenges = null,
      sharedLimiter = null,
      env = {},
      paymentsLost = false,
      rotated = false,
      decisions,
    }: InstanceOptions = {},
  ): Promise<ApiInstance> {
    const { log, folder } = this.session
    const maskKeys = rotated ? folder.keys.maskKeys.toReversed() : folder.keys.maskKeys
    const session = {
      ...this.session,
      folder: { ...folder, keys: { ...folder.keys, maskKeys } },
      log: paymentsLost ? losingPayments(log) : decisions === undefined ? log : holding(log, decisions),
      config: readConfig({}, { SLUICE_DATA: this.folder, SLUICE_API_TIMEOUT_MS: TIMEOUT_MS, ...UNHURRIED, ...env }),
    }
    const registry = new Registry()
    const logger = createLogger('error')
    const metrics = measureApi(registry, () => api)
    const api: ConfirmApi = await ConfirmApi.open(session, {
      name,
      isEmbedded: true,
      isDemo: true,
      logger,
      metrics,
      challenges,
      sharedLimiter,
    })
    const server = await serveWeb({
      host: '127.0.0.1',
      port: 0,
      setting: 'none',
      routes: [api.routes],
      shed: api.shed,
      home: '/docs',
    })
    const instance = new ApiInstance(api, server, registry)
    this.instances.push(instance)
    while (!api.caughtUp) await new Promise((resolve) => setTimeout(resolve, 5))
    return instance
  }

  token(subject: string, accounts: readonly string[]): Promise<string> {
    const { folder, config } = this.session
    const claims = { subject, accounts, scope: 'payment.confirm', lifeS: 600 }
    return signToken(folder.keys.folder, config, claims, Date.now())
  }

  async close(): Promise<void> {
    for (const instance of this.instances) await instance.close()
    await this.stopDeciding()
    await this.session.log.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The log, but for payments: their appends never settle. */
function losingPayments(log: Log): Log {
  const openProducer = async (name: string | null): Promise<ProducerSession> => {
    const session = await log.openProducer(name)
    return {
      producerId: session.producerId,
      producerEpoch: session.producerEpoch,
      append: (batch, sequence) =>
        batch.topic === TOPICS.paymentsSubmitted.name ? new Promise(() => {}) : session.append(batch, sequence),
      close: () => session.close(),
    }
  }
  return { ...methodsOf(log), openProducer }
}

/** The log, but for decisions, which come late while they are held. */
function holding(log: Log, decisions: { held: Promise<void> | null }): Log {
  const openReader = (at: TopicPartition, offset: number): LogReader => {
    const reader = log.openReader(at, offset)
    if (at.topic !== TOPICS.paymentsDecided.name) return reader
    return {
      fetch: async (...limits) => {
        const fetched = await reader.fetch(...limits)
        await decisions.held
        return fetched
      },
      seek: (offset) => reader.seek(offset),
      close: () => reader.close(),
    }
  }
  return { ...methodsOf(log), openReader }
}

function methodsOf(log: Log): Log {
  return {
    createTopics: (topics) => log.createTopics(topics),
    topics: () => log.topics(),
    bounds: (at) => log.bounds(at),
    openReader: (at, offset) => log.openReader(at, offset),
    openTask: (id, input) => log.openTask(id, input),
    openProducer: (name) => log.openProducer(name),
    group: (id) => log.group(id),
    close: () => log.close(),
  }
}

/** The seed's call, with an amount that is approved. */
export const CALL = {
  transaction_id: 'tx-987',
  idempotency_key: 'abc-123',
  amount: 52,
  from_account: 'acc-1',
  to_account: 'payee-xyz',
} as const

/** Posts a body; a string goes as it is. */
export async function confirm(
  { url }: Pick<ApiInstance, 'url'>,
  token: string,
  body: object | string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(`${url}/payment/confirm`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) as Record<string, unknown> }
}
