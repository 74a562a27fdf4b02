import type { API } from '@platformatic/kafka'
import type { ErrorPlace } from '../errors.ts'
import type { Cluster, CoordinatorKind } from './cluster.ts'
import { retrying } from './retrying.ts'

/** Whose coordinator is asked, and for whom. */
export interface CoordinatorOptions {
  readonly kind: CoordinatorKind
  /** The group's or the transaction's id. */
  readonly key: string
  /** The connections to use; see `Cluster`. */
  readonly purpose: string
  /** What errors are about. */
  readonly place: ErrorPlace
  /** How long a refusal that passes (an election, another transaction) is tried again. */
  readonly retryMs: number
}

/** Calls one request function of the protocol layer. */
export type Call = <Request extends unknown[], Answer>(api: API<Request, Answer>, ...values: Request) => Promise<Answer>

/** The broker that coordinates one group or one transactional id, found anew whenever it has moved. */
export class Coordinator {
  private readonly cluster: Cluster
  private readonly options: CoordinatorOptions

  constructor(cluster: Cluster, options: CoordinatorOptions) {
    this.cluster = cluster
    this.options = options
  }

  /**
   * One request, made anew by `send` at each try. `repeatable` is false for a step of a transaction, whose lost answer is
   * not asked for again.
   * @throws StreamsError by the class of the answer.
   */
  ask<Answer>(request: string, repeatable: boolean, send: (call: Call) => Promise<Answer>): Promise<Answer> {
    const { cluster } = this
    const { kind, key, purpose, place, retryMs } = this.options
    const remedy = () => cluster.forgetCoordinator(kind, key)
    return retrying({ request, place, withinMs: retryMs, repeatable, remedy }, async () => {
      const brokerId = await cluster.coordinator(kind, key)
      return send((api, ...values) => cluster.call(brokerId, purpose, api, ...values))
    })
  }

  featureLevel(feature: string): Promise<number> {
    return this.cluster.featureLevel(feature)
  }
}
