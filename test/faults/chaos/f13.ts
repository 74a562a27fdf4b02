import { strict as assert } from 'node:assert'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkpointFolder } from '../../../bin/runtime/data-folder.ts'
import { checkpointIdentity, INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import { Random } from '../../../producers/simulator/random.ts'
import { Checkpoints } from '../../../streams/state/checkpoint.ts'
import type { CheckpointIdentity } from '../../../streams/state/checkpoint-header.ts'
import { type CheckpointStore, parseCheckpointName } from '../../../streams/state/checkpoint-store.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const HISTORY = 20_000
const WAITING = 5_000
const DAMAGES = 1_000
const SUFFIX = '.checkpoint'

/** One way to damage a file; `other` is the checkpoint of another partition. */
type Damage = (bytes: Buffer, random: Random, other: Buffer) => Buffer

const WAYS: Readonly<Record<string, Damage>> = {
  'a flipped bit': (bytes, random) => {
    const at = random.between(0, bytes.length - 1)
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.between(0, 7)), at)
    return bytes
  },
  'cut off': (bytes, random) => bytes.subarray(0, random.between(0, bytes.length - 1)),
  'longer than it was': (bytes, random) => Buffer.concat([bytes, Buffer.alloc(random.between(1, 100))]),
  zeros: (bytes, random) => bytes.fill(0, random.between(0, bytes.length - 64)),
  empty: () => Buffer.alloc(0),
  'of another partition': (_bytes, _random, other) => other,
}

export const damagedCheckpoints: Row = {
  row: 'F13',
  title:
    'checkpoints with a flipped bit, cut, extended, zeroed, empty, of another partition or version: 1,000 places by chance, then all files before a start',
  expectation: 'checksum and header refuse each; the worker folds the input from its beginning; never a wrong answer',
  async run({ short, open, tell, tally }, seed) {
    const stand = await open()
    const random = new Random(`F13 ${seed}`)
    const worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    await stand.feed.send(HISTORY)
    await stand.decided()
    await stand.leave(worker)
    const folder = checkpointFolder(stand.folder)
    const files = readdirSync(folder).filter((name) => name.endsWith(SUFFIX))
    assert.equal(files.length, PARTITIONS)
    const refused = await damageOneByOne(stand, folder, files, random, short ? 100 : DAMAGES)
    tally.fired += refused
    tell(`${refused} damaged checkpoints were refused`)

    await stand.feed.send(WAITING)
    for (const [i, name] of files.entries()) {
      const ways = Object.values(WAYS)
      const other = readFileSync(join(folder, files[(i + 1) % files.length] as string))
      const damage = ways[i % ways.length] as Damage
      writeFileSync(join(folder, name), damage(readFileSync(join(folder, name)), random, other))
      await stand.strike()
    }
    const next = stand.worker('one')
    await stand.decided()
    // It folded the history of every partition.
    assert.ok((await stand.metric(next, 'kafka_streams_stream_task_metrics_restore_total')) >= HISTORY)
    await stand.leave(next)
    await stand.audit()
  },
}

/** Damages copies in memory; @throws when one is believed. Returns how many were refused. */
async function damageOneByOne(stand: Stand, folder: string, files: readonly string[], random: Random, times: number) {
  const { session, processor } = stand
  const ways = Object.entries(WAYS)
  const load = (partition: number, name: string, bytes: Buffer, identity: CheckpointIdentity) =>
    new Checkpoints(oneFile(name, bytes), identity, processor.topology.createStores(partition).sections).load()
  let refused = 0
  for (let n = 0; n < times; n++) {
    const name = files[n % files.length] as string
    const partition = partitionOf(name)
    const bytes = readFileSync(join(folder, name))
    const other = readFileSync(join(folder, files[(n + 1) % files.length] as string))
    const identity = checkpointIdentity(session, partition)
    if (n < files.length) assert.notEqual((await load(partition, name, bytes, identity)).header, null, `${name} whole`)
    const [way, damage] = ways[random.between(0, ways.length - 1)] as [string, Damage]
    const { header } = await load(partition, name, damage(Buffer.from(bytes), random, other), identity)
    assert.equal(header, null, `${name}, ${way}: it was believed`)
    const newer = { ...identity, semanticsVersion: identity.semanticsVersion + 1 }
    assert.equal((await load(partition, name, bytes, newer)).header, null, `${name}: another version was believed`)
    refused += 2
  }
  return refused
}

function partitionOf(name: string): number {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    if (parseCheckpointName(name, INPUT_TOPIC, partition) !== null) return partition
  }
  throw new Error(`${name} is no checkpoint`)
}

/** A store that holds these bytes under this name. */
function oneFile(name: string, bytes: Buffer): CheckpointStore {
  const refuse = () => Promise.reject(new Error('this store is only read'))
  return {
    list: async (topic, partition) => {
      const entry = parseCheckpointName(name, topic, partition)
      return entry === null ? [] : [entry]
    },
    open: async () => ({
      byteLength: bytes.length,
      read: async (position, target) => {
        if (position + target.length > bytes.length) throw new RangeError(`the file ends at byte ${bytes.length}`)
        target.set(bytes.subarray(position, position + target.length))
      },
      close: async () => {},
    }),
    create: refuse,
    remove: refuse,
  }
}
