import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Board } from '../../../bin/runtime/board/board.ts'
import { newToken } from '../../../bin/runtime/board/new-token.ts'
import { partitionOfAccount } from '../../../bin/runtime/control/control-records.ts'
import { standingIn } from '../../../bin/runtime/control/standing.ts'
import { Pipeline } from '../../../bin/runtime/pipeline.ts'
import { openWritingSession, type Session } from '../../../bin/runtime/session.ts'
import { serveWeb } from '../../../bin/runtime/web-server.ts'
import type { FeedEntry, FeedStatus } from '../../../dashboards/board/views.ts'
import type { AlertEntry } from '../../../redis-alerts/alert-store.ts'
import { EmbeddedAlertStore } from '../../../redis-alerts/embedded-store.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { testConfig } from '../../bin/decided-folder.ts'

/** A board over tasks and an alert store of this process, as `sluice up` composes it. */
export interface BoardGround {
  readonly session: Session
  readonly pipeline: Pipeline
  readonly store: EmbeddedAlertStore
  readonly port: number
  /** By role; empty without a login. */
  readonly tokens: Readonly<Record<string, string>>
  readonly failures: readonly string[]
  close(): Promise<void>
}

export interface GroundOptions {
  readonly roles: readonly string[]
  readonly streamEntriesMax?: number
}

export async function startBoard({ roles, streamEntriesMax = 20_000 }: GroundOptions): Promise<BoardGround> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-board-'))
  const made = roles.map((role) => newToken(`a-${role}`, role)).filter((one) => typeof one !== 'string')
  const users = join(folder, 'users.json')
  writeFileSync(users, JSON.stringify(made.map(({ entry }) => entry)))
  chmodSync(users, 0o600)
  const given = roles.length === 0 ? {} : { SLUICE_BOARD_USERS_FILE: users }
  const session = await openWritingSession(testConfig(join(folder, 'data'), given))
  const failures: string[] = []
  const told = (error: object) => failures.push(JSON.stringify(error))
  const pipeline = new Pipeline(session, { onSurvived: () => {}, onFailed: (_partition, error) => told(error) })
  const store = new EmbeddedAlertStore(machineTime, { accountsMax: 1_000, streamEntriesMax })
  const board = await Board.open({
    session,
    states: {
      standing: async (account) => {
        const stores = pipeline.tasks[partitionOfAccount(account)]?.stores ?? null
        return stores === null ? null : standingIn(stores, account)
      },
      rules: async () => session.folder.initialRules,
      checkpointAgeMs: () => null,
      restarts: () => 0,
    },
    openFeed: async () => store,
    logger: { error: told, warn: told },
  })
  const server = await serveWeb({
    host: '127.0.0.1',
    port: 0,
    setting: 'SLUICE_BOARD_PORT',
    routes: [board.routes],
    home: '/fraud-alerts',
  })
  const ending = new AbortController()
  const running = board.run(ending.signal)
  return {
    session,
    pipeline,
    store,
    port: server.port,
    tokens: Object.fromEntries(made.map(({ token, entry }) => [entry.role, token])),
    failures,
    close: async () => {
      ending.abort()
      pipeline.stop()
      await pipeline.ended
      await running
      await server.close()
      await session.log.close()
      rmSync(folder, { recursive: true })
    },
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request over a connection of its own; any header may be set, `Host` among them. */
export function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, host: '127.0.0.1', path, method, headers: { ...length, ...headers }, agent: false },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

/** An open feed, parsed as it comes. */
export class FeedReader {
  readonly entries: FeedEntry[] = []
  readonly events: string[] = []
  status: FeedStatus | null = null
  lastId: string | null = null
  readonly ended: Promise<void>
  private text = ''
  private readonly stop: () => void
  private changed: () => void = () => {}

  private constructor(response: IncomingMessage) {
    this.stop = () => response.destroy()
    response.on('data', (chunk: Buffer) => this.take(chunk.toString()))
    response.on('error', () => {})
    this.ended = new Promise((resolve) => response.once('close', resolve))
  }

  static open(port: number, headers: Readonly<Record<string, string>> = {}): Promise<FeedReader> {
    return new Promise((resolve, reject) => {
      const path = '/fraud-alerts/api/feed'
      request({ port, host: '127.0.0.1', path, headers, agent: false }, (response) => resolve(new FeedReader(response)))
        .on('error', reject)
        .end()
    })
  }

  /** Resolves when `holds` does. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.changed = resolve
      })
    }
  }

  close(): Promise<void> {
    this.stop()
    return this.ended
  }

  private take(chunk: string): void {
    this.text += chunk
    const blocks = this.text.split('\n\n')
    this.text = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]))
      const event = fields.get('event') ?? ''
      this.events.push(event)
      this.lastId = fields.get('id') ?? this.lastId
      if (event === 'status') this.status = JSON.parse(fields.get('data') ?? '') as FeedStatus
      if (event === 'entries') this.entries.push(...(JSON.parse(fields.get('data') ?? '[]') as FeedEntry[]))
    }
    this.changed()
  }
}

/** The alert of input offset `offset`, as the alerter writes it. */
export function alertEntry(offset: number, padding = ''): AlertEntry {
  const eventTimeMs = Date.now()
  const json = JSON.stringify({
    transaction_id: `tx-${offset}`,
    velocity_count: 4,
    amount: '1.00',
    region: 'US',
    severity: 'HIGH',
    reasons: [{ signal: 'VELOCITY', points: 40 }],
    score: 40,
    kind: 'VELOCITY',
    revised: false,
    sender_account_id: `ACC_${offset % 7}`,
    fraud_count: 4,
    currency: 'USD',
    event_time: eventTimeMs,
    alert_id: `0-${offset}-0`,
    decision_id: `0-${offset}`,
    ...(padding !== '' && { padding }),
  })
  const place = { source: 'test/fraud.alerts-0', offset, previousOffset: offset - 1 }
  return { kind: 'alert', ...place, account: `ACC_${offset % 7}`, eventTimeMs, fraudCount: 4, json }
}
