import {
  type RegisteredSchema,
  RegistryUnreachableError,
  type SchemaRegistry,
  SchemaUnknownError,
  schemaIdentity,
} from './registry.ts'
import { type RegistryAddress, registryRequest } from './registry-request.ts'
import { registerSchema } from './schema-registration.ts'

/** Versions, and ids that the registry does not know, that are remembered at most; the oldest go first, to be asked for again. */
const REMEMBERED_MAX = 1_024

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
 * once, since it never changes, and what is remembered is bounded. Registering is Confluent's own client's; ADR 0027 says why
 * reading is not.
 */
export class ConfluentRegistry implements SchemaRegistry {
  readonly #address: RegistryAddress
  readonly #subjects: readonly string[]
  readonly #rememberedMax: number
  readonly #versions = new Map<string, RegisteredSchema>()
  readonly #unknown = new Set<number>()

  /**
   * `subjects` are those that the program knows: an id of another one is unknown to it. `rememberedMax` is how many versions,
   * and how many ids that the registry does not know, are remembered.
   */
  constructor(address: RegistryAddress, subjects: readonly string[], rememberedMax = REMEMBERED_MAX) {
    this.#rememberedMax = rememberedMax
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
    let listed = 0
    for (const subject of this.#subjects) {
      const versions = await this.versionsOf(subject)
      const found = versions.find((version) => version.id === id)
      if (found !== undefined) return found
      listed += versions.length
    }
    if (listed === 0) {
      const why = 'it knows none of our subjects any more, so what it says of an id proves nothing'
      throw new RegistryUnreachableError(`the schema registry ${this.#address.url} cannot be trusted: ${why}`)
    }
    forgetOldest(this.#unknown, this.#rememberedMax)
    this.#unknown.add(id)
    return undefined
  }

  async versionsOf(subject: string): Promise<readonly RegisteredSchema[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const numbers = (await registryRequest<number[]>(this.#address, path)) ?? []
    const versions: RegisteredSchema[] = []
    for (const version of numbers.toSorted((a, b) => a - b)) versions.push(await this.#version(subject, version))
    return versions
  }

  /**
   * Registers a schema and answers with its id; one that the subject has already keeps its id.
   * @throws what `registerSchema` rejects with.
   */
  async register(subject: string, schema: unknown): Promise<number> {
    const id = await registerSchema(this.#address, subject, schema)
    this.#unknown.delete(id)
    return id
  }

  async #version(subject: string, version: number): Promise<RegisteredSchema> {
    const key = `${subject}/${version}`
    const known = this.#versions.get(key)
    if (known !== undefined) return known
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`
    const answer = await registryRequest<VersionAnswer>(this.#address, path)
    if (answer === undefined)
      throw new RegistryUnreachableError(`${subject} lists version ${version} and does not know it`)
    const entry = { id: answer.id, subject, version, schema: JSON.parse(answer.schema) as unknown }
    forgetOldest(this.#versions, this.#rememberedMax)
    this.#versions.set(key, entry)
    return entry
  }

  #known(id: number): RegisteredSchema | undefined {
    for (const entry of this.#versions.values()) if (entry.id === id) return entry
    return undefined
  }
}

/** Makes room for one more. */
function forgetOldest<Key>(remembered: Set<Key> | Map<Key, unknown>, max: number): void {
  const [oldest] = remembered.keys()
  if (oldest !== undefined && remembered.size >= max) remembered.delete(oldest)
}
