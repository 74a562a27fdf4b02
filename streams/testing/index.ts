/** Tests topologies without a log: see `TestDriver`. */
export { type PipedAt, TestDriver } from './test-driver.ts'
