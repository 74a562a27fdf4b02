import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyPluginAsync } from 'fastify'
import type { Rereading } from '../../../api/access/key-file.ts'
import { LocalRateLimiter, type RateLimiter } from '../../../api/access/rate-limiter.ts'
import { TokenCheck } from '../../../api/access/token-check.ts'
import { Admission } from '../../../api/admission.ts'
import type { ApiOptions } from '../../../api/api-options.ts'
import { apiRoutes } from '../../../api/api-routes.ts'
import { AuditTrail } from '../../../api/audit.ts'
import type { Challenges } from '../../../api/challenge.ts'
import { Confirmation } from '../../../api/confirm.ts'
import { LoopDelay } from '../../../api/loop-delay.ts'
import { ApiProblem } from '../../../api/problem.ts'
import { ReplayCache } from '../../../api/request/replay-cache.ts'
import { REPLAY_MS, SealedBodies } from '../../../api/request/sealed-body.ts'
import { type Shed, shedCalls } from '../../../api/shedding.ts'
import { ClaimView } from '../../../api/view/claim-view.ts'
import { ReadBack } from '../../../api/view/read-back.ts'
import { ViewStore } from '../../../api/view/view-store.ts'
import type { ApiMetrics, MeasuredApi } from '../../../platform/api-metrics.ts'
import type { Config } from '../../../platform/config.ts'
import type { Logger } from '../../../platform/logger.ts'
import { holdsCardNumber, MaskError, maskPayment } from '../../../processors/mask/mask-payment.ts'
import { machineClock } from '../../../producers/clock.ts'
import { type MaskPayment, unmasked } from '../../../producers/mask-payment.ts'
import { PaymentProducer } from '../../../producers/payment-producer.ts'
import { SCHEMAS } from '../../../schemas/generated/schemas.ts'
import type { SchemaRegistry } from '../../../schemas/registry.ts'
import { subjectOf, TOPICS, type Topic } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { readRules } from '../control/rules-file.ts'
import { type EdgeTokens, edgeTokens } from '../payment-source.ts'
import type { Session } from '../session.ts'
import { bodyKeys } from './body-keys.ts'
import { tokenKeys } from './token-keys.ts'

/**
 * A caller waits for it twice, with its claim and its payment. A message to the writing thread, a transaction, a look of every reader and a
 * commit of the tasks cost the same for one call as for three: what is spared shortens the slow calls by more than these ms (ADR 0068).
 */
const LINGER_MS = 3
/** Nobody waits for audit events, and a batch of each partition costs the log as much as a payment: they go in large ones. */
const AUDIT_LINGER_MS = 100
/** Every caller has been answered by then; what a log that hangs has not taken is posted by the call that comes again. */
const DRAIN_MS = 5_000
const MINUTE_MS = 60_000
const STREAMS_MAX = 1_000
/** Of the wait that is allowed: what a call spends on its way. It waits as long for the turn of the event loop that sees it and the one that answers. */
const WAIT_SHARE = 0.5
/**
 * `inFlightMax`, where no setting says otherwise: on the embedded log 2,000 a second, each for 100 ms. Past it a call would wait longer than
 * it may, also while the disk holds up every one of them. A cluster's answers take their time, and are many at once.
 * `callsMin`: 1,000 a second, each for as long as one takes there when the machine has much to do.
 * `quickMs`: a call takes 11 ms on the one and 45 on the other when nothing stands in a queue.
 */
const EMBEDDED = { inFlightMax: 200, callsMin: 100, quickMs: 25 }
const CLUSTER = { inFlightMax: 1_024, callsMin: 300, quickMs: 100 }
const ADDRESSES_MAX = 10_000
/** Encrypted bodies that are remembered, in each of two generations of 6 min: 180 a second. */
const REPLAYS_MAX = 65_536
const SETTLEMENT_DEFAULT = 'ACH'

export interface ConfirmApiOptions {
  /** Tells the views of several instances on one folder apart. */
  readonly name: string
  /** Over the embedded log. */
  readonly isEmbedded: boolean
  /** On one machine, with the demo's keys made where they are missing. */
  readonly isDemo: boolean
  readonly logger: Pick<Logger, 'warn' | 'error'>
  readonly metrics: ApiMetrics
  readonly challenges: Challenges | null
  /** Counts for all instances; null where there is one. */
  readonly sharedLimiter: RateLimiter | null
}

/** What takes its time to open. */
interface Opened extends Pick<ApiOptions, 'tokens' | 'sealedBodies'> {
  readonly viewFolder: string
  readonly store: ViewStore
}

/** The confirm API over a session: its routes, and what runs behind them. */
export class ConfirmApi implements MeasuredApi {
  readonly routes: FastifyPluginAsync
  /** Goes before the routes. */
  readonly shed: Shed
  /** Where its view stands; it may be removed after `close`. */
  readonly viewFolder: string
  private readonly store: ViewStore
  private readonly view: ClaimView
  private readonly readBack: ReadBack
  private readonly confirmation: Confirmation
  private readonly producers: readonly PaymentProducer[]
  private readonly loopDelay = new LoopDelay(() => performance.now())
  private readonly ending = new AbortController()
  /** Rejects with what ended the reading, which only a person can set right; resolves after `close`. */
  readonly following: Promise<void>

  /** @throws KeysError without keys for tokens */
  static async open(session: Session<Log>, options: ConfirmApiOptions): Promise<ConfirmApi> {
    const { config, folder, registry } = session
    const rereading: Rereading = {
      nowMs: machineTime.nowMs,
      onUnread: (path, error) =>
        options.logger.warn({ path, error: error.message }, 'keys cannot be read; those from before stay good'),
    }
    const findKey = await tokenKeys(config, folder.keys.folder, options.isDemo, rereading)
    const { apiIssuer: issuer, apiAudience: audience, apiTokenLifeMaxS: lifeMaxS } = config
    const rules = { issuer, audience, lifeMaxS, holdsCardNumber }
    const tokens = new TokenCheck(findKey, rules, machineTime.nowMs)
    const findOpening = await bodyKeys(config, folder.keys.folder, rereading)
    const sealedBodies =
      findOpening === null
        ? null
        : new SealedBodies(findOpening, new ReplayCache(REPLAYS_MAX, REPLAY_MS, machineTime.nowMs), machineTime.nowMs)
    const claim = await idOf(registry, TOPICS.apiClaims, 'ApiClaim')
    const claimRefusal = await idOf(registry, TOPICS.apiClaims, 'ClaimRefusal')
    const audit = await idOf(registry, TOPICS.auditEvents, 'AuditEvent')
    const viewFolder = join(folder.path, 'api', options.name)
    const store = await ViewStore.open(viewFolder, session.logId)
    return new ConfirmApi(session, options, { viewFolder, store, tokens, sealedBodies }, { claim, claimRefusal, audit })
  }

  private constructor(
    session: Session<Log>,
    options: ConfirmApiOptions,
    { viewFolder, store, tokens, sealedBodies }: Opened,
    schemaIds: { readonly claim: number; readonly claimRefusal: number; readonly audit: number },
  ) {
    const { config, log, ids } = session
    this.viewFolder = viewFolder
    this.store = store
    this.view = new ClaimView(this.store)
    this.readBack = new ReadBack({
      log,
      schemaIds: { ...ids, claim: schemaIds.claim, claimRefusal: schemaIds.claimRefusal },
      view: this.view,
      store: this.store,
      clock: machineTime,
      events: {
        onRetry: (error) => options.logger.warn({ error: error.message }, 'the log cannot be read; trying again'),
        onLost: (at, offsets) =>
          options.logger.error({ ...at, offsets }, 'retention took records before they were read'),
      },
    })
    const tokensOfEdge = edgeTokens(session)
    const mask = apiMask(tokensOfEdge)
    const payments = producerOf(session, TOPICS.paymentsSubmitted, mask, LINGER_MS)
    const claims = producerOf(session, TOPICS.apiClaims, unmasked, LINGER_MS)
    const events = producerOf(session, TOPICS.auditEvents, unmasked, AUDIT_LINGER_MS)
    this.producers = [payments, claims, events]
    const rules = readRules(config.rulesFile)
    const { view, readBack } = this
    const { inFlightMax, ...shared } = options.isEmbedded ? EMBEDDED : CLUSTER
    this.confirmation = new Confirmation({
      view,
      readBack,
      payments,
      claims,
      claimSchemaId: schemaIds.claim,
      refusalSchemaId: schemaIds.claimRefusal,
      mask,
      otherMasks: session.folder.keys.maskKeys.slice(1).map((_, i) => apiMask(edgeTokens(session, i + 1))),
      settlementOf: (kind) => rules.settlement?.[kind] ?? SETTLEMENT_DEFAULT,
      challenges: options.challenges,
      limiter: options.sharedLimiter ?? localLimiter(config.apiRate),
      clock: machineTime,
      // Many at a time are drawn from the system, unlike single random bytes.
      random: () => Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
      timeoutMs: config.apiTimeoutMs,
      admission: new Admission({
        loopDelay: this.loopDelay,
        waitMs: config.apiDelayMaxMs * WAIT_SHARE,
        delayMaxMs: config.apiDelayMaxMs,
        boundMax: config.apiInFlightMax ?? inFlightMax,
        ...shared,
        nowMs: () => performance.now(),
      }),
      claimsMax: config.apiClaimsMax,
    })
    const parts: ApiOptions = {
      confirmation: this.confirmation,
      challenges: options.challenges,
      view,
      tokens,
      sealedBodies,
      audit: new AuditTrail(events, schemaIds.audit, holdsCardNumber, options.metrics.auditDropped),
      metrics: options.metrics,
      highRiskScore: rules.actions.REQUIRE_3DS.score_at_least,
      sourceTokenOf: addressTokens(tokensOfEdge),
      holdsCardNumber,
      clock: machineTime,
      replaysAreConflicts: config.apiReplayStatus === '409',
      streamsMax: STREAMS_MAX,
      onFailure: (error) => options.logger.error({ error: error.stack }, 'a request failed'),
    }
    this.routes = apiRoutes(parts)
    this.shed = shedCalls(parts)
    this.following = this.readBack.run(this.ending.signal)
    this.following.catch((error: Error) => options.logger.error({ error: error.message }, 'the API reads no more'))
  }

  get inFlight(): number {
    return this.confirmation.inFlight
  }

  get claims(): number {
    return this.view.size
  }

  get caughtUp(): boolean {
    return this.readBack.caughtUp
  }

  /** After the server has closed: sends what is left, and ends the reading. */
  async close(): Promise<void> {
    await Promise.all(this.producers.map((producer) => producer.close(AbortSignal.timeout(DRAIN_MS)).catch(() => {})))
    this.loopDelay.close()
    this.ending.abort()
    await this.following.catch(() => {})
    await this.store.close()
  }
}

/** Counts the callers of one instance. */
function localLimiter(limit: Config['apiRate']): LocalRateLimiter {
  return new LocalRateLimiter({ limit, windowMs: MINUTE_MS }, machineTime)
}

/** The mask (SPEC M1), whose refusals are answers. */
function apiMask({ hmacHex, keyId }: EdgeTokens): MaskPayment {
  return (payment) => {
    try {
      return maskPayment(payment, hmacHex, keyId)
    } catch (error) {
      if (!(error instanceof MaskError)) throw error
      throw new ApiProblem(
        422,
        error.reason,
        `Malformed field: ${error.field}`,
        'the field holds no card number where one belongs, or one where none does',
      )
    }
  }
}

function addressTokens({ hmacHex, keyId }: EdgeTokens): (address: string) => string {
  const known = new Map<string, string>()
  const encoder = new TextEncoder()
  return (address) => {
    const found = known.get(address)
    if (found !== undefined) return found
    if (known.size >= ADDRESSES_MAX) known.clear()
    const token = `v1:${keyId}:${hmacHex(encoder.encode(address))}`
    known.set(address, token)
    return token
  }
}

function producerOf({ log, ids }: Session<Log>, topic: Topic, mask: MaskPayment, lingerMs: number): PaymentProducer {
  const { name, partitions } = topic
  return new PaymentProducer({
    log,
    name: null,
    topic: name,
    partitions,
    paymentSchemaId: ids.payment,
    mask,
    clock: machineClock,
    lingerMs,
  })
}

function idOf(
  registry: SchemaRegistry,
  topic: Topic,
  record: 'ApiClaim' | 'ClaimRefusal' | 'AuditEvent',
): Promise<number> {
  return registry.idOf(subjectOf(topic.name, `sluice.${record}`), JSON.parse(SCHEMAS[record]))
}
