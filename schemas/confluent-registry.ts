import {
  type RegisteredSchema,
  RegistryUnreachableError,
  type SchemaRegistry,
  SchemaUnknownError,
  schemaIdentity,
} from './registry.ts'
import { type RegistryAddress, registryRequest } from './registry-request.ts'

const UNKNOWN_IDS_MAX = 1_024
/** What was ever written must stay readable, not only what the last version wrote. */
const COMPATIBILITY = 'BACKWARD_TRANSITIVE'

/** What the registry answers about one version. */
interface VersionAnswer {
  readonly id: number
  readonly version: number
  readonly schema: string
  readonly schemaType?: string
}

/**
 * A Confluent-compatible schema registry.
 *
 * Only what the registry itself says is taken for an answer (see `registryRequest`); anything else is "cannot be
 * reached", for a record must not become poison by a cut connection or a proxy's page (SPEC X5). A version is asked for
 * once, since it never changes; how many unknown ids are remembered is bounded.
 */
export class ConfluentRegistry implements SchemaRegistry {
  readonly #address: RegistryAddress
  readonly #subjects: readonly string[]
  readonly #unknownIdsMax: number
  readonly #versions = new Map<string, RegisteredSchema>()
  readonly #unknown = new Set<number>()

  /**
   * `subjects` are those that the program knows: an id of another one is unknown to it. `unknownIdsMax` is how many ids
   * that the registry does not know are remembered.
   */
  constructor(address: RegistryAddress, subjects: readonly string[], unknownIdsMax = UNKNOWN_IDS_MAX) {
    this.#unknownIdsMax = unknownIdsMax
    this.#address = address
    this.#subjects = subjects
  }

  async idOf(subject: string, schema: unknown): Promise<number> {
    const wanted = schemaIdentity(schema)
    const versions = await this.versionsOf(subject)
    const version = versions.findLast((one) => schemaIdentity(one.schema) === wanted)
    if (version !== undefined) return version.id
    throw new SchemaUnknownError(`${subject} has no version with this schema; run \`sluice schemas push\` first`)
  }

  async byId(id: number): Promise<RegisteredSchema | undefined> {
    const known = this.#known(id)
    if (known !== undefined || this.#unknown.has(id)) return known
    let versions = 0
    for (const subject of this.#subjects) versions += (await this.versionsOf(subject)).length
    if (versions === 0) {
      const why = 'it knows none of our subjects any more, so what it says of an id proves nothing'
      throw new RegistryUnreachableError(`the schema registry ${this.#address.url} cannot be trusted: ${why}`)
    }
    const found = this.#known(id)
    if (found === undefined) this.#rememberUnknown(id)
    return found
  }

  async versionsOf(subject: string): Promise<readonly RegisteredSchema[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const numbers = (await registryRequest<number[]>(this.#address, 'GET', path)) ?? []
    const versions: RegisteredSchema[] = []
    for (const version of numbers.toSorted((a, b) => a - b)) versions.push(await this.#version(subject, version))
    return versions
  }

  /**
   * Registers a schema and answers with its id; one that the subject has already keeps its id. The subject refuses from
   * then on what cannot read every version before it.
   * @throws RegistryRefusedError when the registry finds it incompatible or wrong.
   */
  async register(subject: string, schema: unknown): Promise<number> {
    const name = encodeURIComponent(subject)
    const body = { schema: JSON.stringify(schema) }
    const registered = await registryRequest<{ id: number }>(this.#address, 'POST', `/subjects/${name}/versions`, body)
    await registryRequest(this.#address, 'PUT', `/config/${name}`, { compatibility: COMPATIBILITY })
    if (registered === undefined) throw new RegistryUnreachableError(`${subject} cannot be registered: no such address`)
    this.#unknown.delete(registered.id)
    return registered.id
  }

  async #version(subject: string, version: number): Promise<RegisteredSchema> {
    const key = `${subject}/${version}`
    const known = this.#versions.get(key)
    if (known !== undefined) return known
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`
    const answer = await registryRequest<VersionAnswer>(this.#address, 'GET', path)
    if (answer === undefined)
      throw new RegistryUnreachableError(`${subject} lists version ${version} and does not know it`)
    const entry = { id: answer.id, subject, version, schema: JSON.parse(answer.schema) as unknown }
    this.#versions.set(key, entry)
    return entry
  }

  #known(id: number): RegisteredSchema | undefined {
    for (const entry of this.#versions.values()) if (entry.id === id) return entry
    return undefined
  }

  #rememberUnknown(id: number): void {
    const [oldest] = this.#unknown
    if (oldest !== undefined && this.#unknown.size >= this.#unknownIdsMax) this.#unknown.delete(oldest)
    this.#unknown.add(id)
  }
}
