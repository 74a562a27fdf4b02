// How Sluice's processes are started. Plain JavaScript, since any Node may read it first.
import { availableParallelism } from 'node:os'

// Node gives V8 four threads to compile and collect on, which take turns with the one that decides where there are fewer cores.
const POOL_MAX = 4

/** Options for Node, before the program's name. */
export function nodeOptions() {
  const pool = Math.max(1, Math.min(POOL_MAX, availableParallelism() - 1))
  // kafkajs sets a timer in the past whenever its requests are answered; it means "at once".
  return ['--disable-warning=TimeoutNegativeWarning', `--v8-pool-size=${pool}`]
}

/** `environment`, with state in large pages (ADR 0075) unless it says otherwise. The C library reads this when a process begins. */
export function nodeEnvironment(environment) {
  return { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1', ...environment }
}
