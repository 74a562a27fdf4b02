/**
 * The part of the engine's WebAssembly that this folder uses. Neither the language's own types nor Node's declare it,
 * and the browser's types, which do, would let a stage name `window`.
 */
interface WasmEngine {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

const engine = (globalThis as unknown as { readonly WebAssembly: WasmEngine }).WebAssembly

/** Whether this engine can run the module: false for one that uses instructions it does not know. */
export function runnable(module: Uint8Array): boolean {
  return engine.validate(module)
}

/** Compiles and starts a module that imports nothing. `Exports` is what its source says it exports. */
export function instantiate<Exports>(module: Uint8Array): Exports {
  return new engine.Instance(new engine.Module(module), {}).exports as Exports
}
