/** Version of docs/semantics.md that this chain computes; in every decision and checkpoint (SPEC S5). */
export const SEMANTICS_VERSION = 3
