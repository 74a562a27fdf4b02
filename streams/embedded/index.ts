/** Runs topologies on one machine: see `run`. */
export { type RunSettings, run } from './run.ts'
