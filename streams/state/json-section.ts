import type { CheckpointedStore, SectionReader, SectionSnapshot } from './section.ts'

/** Small immutable state of the caller, such as rule sets, as one JSON value. */
export interface JsonState {
  read(): unknown
  write(value: unknown): void
}

/** Puts a caller's JSON value into checkpoints. */
export class JsonSection implements CheckpointedStore {
  readonly name: string
  readonly layout = 'json/1'
  readonly #state: JsonState

  constructor(name: string, state: JsonState) {
    this.name = name
    this.#state = state
  }

  snapshot(): SectionSnapshot {
    const bytes = new TextEncoder().encode(JSON.stringify(this.#state.read()))
    let next: Uint8Array | null = bytes
    return {
      byteLength: bytes.length,
      next: () => {
        const slice = next
        next = null
        return slice
      },
      release: () => {
        next = null
      },
    }
  }

  async restore(reader: SectionReader): Promise<void> {
    const bytes = new Uint8Array(reader.byteLength)
    await reader.read(bytes)
    this.#state.write(JSON.parse(new TextDecoder().decode(bytes)))
  }
}
