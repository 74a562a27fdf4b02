import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TEST_SIGNERS } from '../support/test-keys.ts'

/** Where a run stands: keys and checkpoints that all workers share, a folder for each worker's machine, histories, the dump. */
export class RunFolder {
  readonly path: string
  readonly keys: string
  readonly checkpoints: string
  readonly dump: string

  /** The keys follow from the seed; they protect nothing. */
  constructor(seed: string) {
    this.path = mkdtempSync(join(tmpdir(), 'sluice-eos-'))
    this.keys = join(this.path, 'keys')
    this.checkpoints = join(this.path, 'checkpoints')
    this.dump = join(this.path, 'dump')
    for (const folder of [this.keys, this.dump]) mkdirSync(folder, { mode: 0o700 })
    const secret = (name: string) => createHash('sha256').update(`${seed} ${name}`).digest('hex')
    const write = (name: string, text: string) => writeFileSync(join(this.keys, name), text, { mode: 0o600 })
    write('mask-keys.json', JSON.stringify(['k1', 'k2'].map((id) => ({ id, secret: secret(id) }))))
    write('state-key.hex', secret('state').slice(0, 32))
    write('signers.json', JSON.stringify(TEST_SIGNERS))
  }

  /** The history of one producer. */
  history(producer: string): string {
    return join(this.dump, `history-${producer}.jsonl`)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
