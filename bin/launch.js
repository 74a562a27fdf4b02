// How Sluice's processes are started. Plain JavaScript, since any Node may read it first.
import { availableParallelism } from 'node:os'

/** Node's own number of threads that V8 compiles and collects on. */
const HELPERS_MAX = 4

/** Options for Node, before the program's name. */
export function nodeOptions() {
  // More helpers than cores are left take turns with the thread that decides (ADR 0075).
  const helpers = Math.max(1, Math.min(HELPERS_MAX, availableParallelism() - 1))
  // kafkajs sets a timer in the past whenever its requests are answered; it means "at once".
  return ['--disable-warning=TimeoutNegativeWarning', `--v8-pool-size=${helpers}`]
}
