import { setTimeout as pause } from 'node:timers/promises'
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs'
import type { Topic } from '../../schemas/topics.ts'
import { StreamsError } from '../errors.ts'
import { type Right, toAclEntry } from './acls.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { kafkaJs } from './kafkajs-client.ts'
import { brokerErrorOf, kafkaJsFailed } from './kafkajs-errors.ts'

/** One setting of a topic that is not what it must be. */
export interface Deviation {
  readonly setting: string
  readonly wanted: string
  readonly found: string
  /** Records would be lost or go to wrong partitions: nothing of ours writes to or reads such a topic. */
  readonly refused: boolean
}

export interface TopicReport {
  readonly topic: string
  readonly created: boolean
  readonly deviations: readonly Deviation[]
}

const APPEARS_EVERY_MS = 250
const APPEARS_TRIES = 40
const TIMESTAMP_TYPE = 'message.timestamp.type'

/** Topics and rights of a cluster. Nothing here makes a topic smaller, deletes one, or takes a right away. */
export class TopicAdmin {
  readonly #admin: Admin
  readonly #replicas: number

  private constructor(admin: Admin, replicas: number) {
    this.#admin = admin
    this.#replicas = replicas
  }

  /**
   * `replicas` is on how many brokers a partition must stand.
   * @throws StreamsError retry when no broker answers, stop when it refuses.
   */
  static async open(options: KafkaOptions, replicas: number): Promise<TopicAdmin> {
    const admin = kafkaJs(options).admin()
    try {
      await admin.connect()
    } catch (error) {
      await admin.disconnect().catch(() => undefined)
      throw kafkaJsFailed(`Connecting to ${options.bootstrapServers.join(', ')}`, error, 'retry', {})
    }
    return new TopicAdmin(admin, replicas)
  }

  /** Creates those that are missing, then holds each against what it must be. */
  async createAndVerify(topics: readonly Topic[]): Promise<TopicReport[]> {
    const created = await this.#createMissing(topics)
    const reports = await this.verify(topics)
    return reports.map((report) => ({ ...report, created: created.has(report.topic) }))
  }

  /** Holds each topic against what it must be; changes nothing. */
  async verify(topics: readonly Topic[]): Promise<TopicReport[]> {
    const present = await this.#present()
    const known = topics.filter(({ name }) => present.has(name))
    const found = known.length === 0 ? new Map() : await this.#settings(known)
    return topics.map((topic) => {
      const deviations = deviationsOf(wantedSettings(topic, this.#replicas), found.get(topic.name))
      return { topic: topic.name, created: false, deviations }
    })
  }

  /** @throws StreamsError TOPIC_REFUSED (stop) naming what is wrong with the first topic that must not be used. */
  async requireUsable(topics: readonly Topic[]): Promise<void> {
    for (const { topic, deviations } of await this.verify(topics)) {
      const refused = deviations.find((deviation) => deviation.refused)
      if (refused === undefined) continue
      const what = `its ${refused.setting} is ${refused.found}, not ${refused.wanted}; \`sluice topics\` tells more`
      throw new StreamsError('TOPIC_REFUSED', 'stop', what, { topic })
    }
  }

  /** Gives a principal (`User:name`) its rights, from any host; what it has already stays. */
  async allow(principal: string, rights: readonly Right[]): Promise<void> {
    const acl = rights.map((right) => toAclEntry(principal, right))
    await this.#ask('CreateAcls', () => this.#admin.createAcls({ acl }))
  }

  async close(): Promise<void> {
    await this.#admin.disconnect()
  }

  async #createMissing(topics: readonly Topic[]): Promise<ReadonlySet<string>> {
    const present = await this.#present()
    const missing = topics.filter(({ name }) => !present.has(name))
    if (missing.length > 0) {
      const configs = missing.map((topic) => newTopic(topic, this.#replicas))
      // Another that creates them at the same time is as good: what stands there is verified. kafkajs would wait for
      // leaders, and fail where a broker does not know a new topic yet.
      await this.#ask('CreateTopics', () => this.#admin.createTopics({ topics: configs, waitForLeaders: false }))
      await this.#untilPresent(missing)
    }
    return new Set(missing.map(({ name }) => name))
  }

  /** Brokers learn of a new topic one after the other, soon. */
  async #untilPresent(topics: readonly Topic[]): Promise<void> {
    for (let tries = 0; tries < APPEARS_TRIES; tries++) {
      const present = await this.#present()
      if (topics.every(({ name }) => present.has(name))) return
      await pause(APPEARS_EVERY_MS)
    }
  }

  async #present(): Promise<ReadonlySet<string>> {
    return new Set(await this.#ask('Metadata', () => this.#admin.listTopics()))
  }

  async #settings(topics: readonly Topic[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    const names = topics.map(({ name }) => name)
    const metadata = await this.#ask('Metadata', () => this.#admin.fetchTopicMetadata({ topics: names }))
    const configNames = Object.keys(configEntries(topics[0]!, this.#replicas))
    const resources = names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames }))
    const described = await this.#ask('DescribeConfigs', () =>
      this.#admin.describeConfigs({ resources, includeSynonyms: false }),
    )
    const settings = new Map<string, Map<string, string>>()
    for (const { resourceName, configEntries: entries } of described.resources) {
      settings.set(resourceName, new Map(entries.map(({ configName, configValue }) => [configName, configValue])))
    }
    for (const { name, partitions } of metadata.topics) {
      const replicas = Math.min(...partitions.map((partition) => partition.replicas.length))
      settings.get(name)?.set('partitions', String(partitions.length)).set('replicas', String(replicas))
    }
    return settings
  }

  /** What a broker may know in a moment is asked again. */
  async #ask<T>(request: string, ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask()
      } catch (error) {
        if (brokerErrorOf(error)?.next !== 'retry' || tries === APPEARS_TRIES) {
          throw kafkaJsFailed(request, error, 'retry', {})
        }
        await pause(APPEARS_EVERY_MS)
      }
    }
  }
}

/** A topic's own settings. In-sync replicas leave room for one broker to be away, where there is one to spare. */
function configEntries(topic: Topic, replicas: number): Record<string, string> {
  return {
    'retention.ms': String(topic.retentionMs),
    'cleanup.policy': topic.cleanupPolicy,
    'min.insync.replicas': String(Math.min(topic.minInsyncReplicas, Math.max(1, replicas - 1))),
    [TIMESTAMP_TYPE]: topic.timestampType,
  }
}

function wantedSettings(topic: Topic, replicas: number): ReadonlyMap<string, string> {
  const sizes = { partitions: String(topic.partitions), replicas: String(replicas) }
  return new Map(Object.entries({ ...sizes, ...configEntries(topic, replicas) }))
}

function newTopic(topic: Topic, replicas: number): ITopicConfig {
  return {
    topic: topic.name,
    numPartitions: topic.partitions,
    replicationFactor: replicas,
    configEntries: Object.entries(configEntries(topic, replicas)).map(([name, value]) => ({ name, value })),
  }
}

/** More partitions are as wrong as fewer: a sender's records would stand in two of them. */
const REFUSED = new Set(['partitions', TIMESTAMP_TYPE])

function deviationsOf(
  wanted: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string> | undefined,
): readonly Deviation[] {
  if (found === undefined) return [{ setting: 'presence', wanted: 'present', found: 'missing', refused: true }]
  return [...wanted]
    .map(([setting, value]) => ({ setting, wanted: value, found: found.get(setting) ?? 'unknown' }))
    .filter((one) => !isAsWanted(one.setting, one.wanted, one.found))
    .map((one) => ({ ...one, refused: REFUSED.has(one.setting) }))
}

function isAsWanted(setting: string, wanted: string, found: string): boolean {
  if (setting === 'replicas') return Number(found) >= Number(wanted)
  if (setting === 'cleanup.policy') return found.split(',').sort().join() === wanted.split(',').sort().join()
  return found === wanted
}
