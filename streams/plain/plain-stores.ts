import { JsonSection } from '../state/json-section.ts'
import { StoreSet } from '../state/overlay.ts'
import type { CheckpointedStore } from '../state/section.ts'
import type { TaskStores } from '../state/task-stores.ts'
import { StreamTime } from '../stream-time.ts'
import type { StoreDeclaration, StoreInstance } from './store.ts'
import { misuse } from './topic.ts'

/** The declared stores of one task, and its stream time. */
export class PlainStores implements TaskStores {
  readonly set: StoreSet
  readonly sections: readonly CheckpointedStore[]
  readonly streamTime: StreamTime = new StreamTime()
  private readonly instances: ReadonlyMap<StoreDeclaration<unknown>, StoreInstance<unknown>>

  constructor(declarations: readonly StoreDeclaration<unknown>[]) {
    const { streamTime } = this
    this.instances = new Map(declarations.map((declaration) => [declaration, declaration.create(streamTime)]))
    const tables = [...this.instances.values()].map(({ table }) => table)
    this.set = new StoreSet([streamTime, ...tables])
    const streamTimeSection = new JsonSection('$stream-time', {
      read: () => streamTime.ms,
      write: (ms) => streamTime.advance(ms as number),
    })
    this.sections = [...tables, streamTimeSection]
  }

  get streamTimeMs(): number {
    return this.streamTime.ms
  }

  /** @throws StreamsError MISUSE (stop) when the processor has not declared the store. */
  handle<S>(declaration: StoreDeclaration<S>): S {
    const instance = this.instances.get(declaration)
    if (instance === undefined) throw misuse(`store ${declaration.name} is not among the processor's stores`)
    return instance.handle as S
  }

  expire(all: boolean): void {
    for (const { expire } of this.instances.values()) expire(all)
  }
}
