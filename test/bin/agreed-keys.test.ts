import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Agreeing,
  agreeOnKeys,
  agreeOnMaskKey,
  KEYS_GROUP,
  renewAgreedKeys,
  requireAgreedKeys,
} from '../../bin/runtime/agreed-keys.ts'
import { generateKeys, keyFingerprint, readKeys } from '../../bin/runtime/keys.ts'
import { INPUT_TOPIC } from '../../bin/runtime/session.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { SluiceProcess, sluice } from './sluice-process.ts'

// Goal: the payments of a cluster are decided with one set of keys, whoever comes when.
const TEST_MS = 300_000
const PLACE = { topic: INPUT_TOPIC, partition: 0 }

await onRealParts(['kafka'], 'the keys of a cluster', () => {
  let kafka: Kafka
  let folder: string
  const logs: KafkaLog[] = []
  const openLog = () => {
    const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' } })
    logs.push(log)
    return log
  }
  const at = (log: KafkaLog): Agreeing => ({
    log,
    committedBy: (applicationId, input) => log.group(applicationId).committed(input),
  })
  const keysIn = (name: string) => {
    generateKeys(join(folder, name))
    return readKeys(join(folder, name))
  }

  beforeAll(async () => {
    kafka = await startKafka()
    folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'))
    await openLog().createTopics(topicSettings({ logBytesMax: null, retentionMs: -1 }))
  }, START_MS)
  afterAll(async () => {
    await Promise.all(logs.map((log) => log.close()))
    await kafka?.stop()
    rmSync(folder, { recursive: true, force: true })
  }, START_MS)

  test('SPEC M3: of workers that come first at one time one puts down its keys, and those with others are refused', {
    timeout: TEST_MS,
  }, async () => {
    const all = ['a', 'b', 'c', 'd'].map(keysIn)
    for (const keys of all) expect(await requireAgreedKeys(at(openLog()), keys)).toBe(null)
    const settled = await Promise.allSettled(all.map((keys) => agreeOnKeys(at(openLog()), keys)))
    const agreed = all.filter((_, at) => settled[at]?.status === 'fulfilled')
    expect(agreed).toHaveLength(1)
    for (const one of settled) {
      if (one.status === 'rejected')
        expect(String(one.reason)).toMatch(/the mask key mask-1 in \S+ is another one than/)
    }
    const [own] = agreed as [(typeof all)[number]]
    const log = openLog()
    await agreeOnKeys(at(log), own)
    const before = await log.group(KEYS_GROUP).committed(PLACE)
    await renewAgreedKeys(log)
    expect(await log.group(KEYS_GROUP).committed(PLACE)).toEqual(before)
    // A further key is a rotation under way; a key that is gone, or another state key, is not.
    const more = { ...own, maskKeys: [...own.maskKeys, { id: 'mask-3', secret: new Uint8Array(32) }] }
    // What a partition starts with is what stood first then, in whatever order another machine has them.
    const turned = { ...more, maskKeys: more.maskKeys.toReversed() }
    for (const keys of [more, turned]) expect(await requireAgreedKeys(at(log), keys)).toBe('mask-1')
    expect(await agreeOnKeys(at(log), turned)).toBe('mask-1')
    const fewer = { ...own, maskKeys: own.maskKeys.slice(1) }
    await expect(requireAgreedKeys(at(log), fewer)).rejects.toThrow(/mask key mask-1 in \S+ is missing/)
    const other = { ...own, stateKey: new Uint8Array(16) }
    await expect(requireAgreedKeys(at(log), other)).rejects.toThrow(/the state key in \S+ is another one/)
    // Nothing of a key but its fingerprint is told to the brokers.
    for (const { secret } of own.maskKeys) expect(before?.metadata).not.toContain(Buffer.from(secret).toString('hex'))
  })

  test('SPEC M3: a worker with keys that it made itself does not start where others decide, one with a copy of theirs does', {
    timeout: TEST_MS,
  }, async () => {
    const env = (name: string) => ({
      SLUICE_DATA: join(folder, name),
      SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','),
    })
    const alone = await sluice(['worker', '--port', '0'], env('stranger'))
    expect(alone.code).toBe(1)
    expect(alone.stderr).toMatch(
      /the mask key mask-1 in \S+stranger\/keys is another one than this log's payments are decided with/,
    )
    const sender = await sluice(['simulate', '--kafka', '--scenario', 'mixed', '--seconds', '1'], env('stranger'))
    expect(sender.stderr).toMatch(/mask key mask-1 .* another one/)
    expect(sender.code).toBe(1)

    const before = await openLog().group(KEYS_GROUP).committed(PLACE)
    const [agreed = ''] = ['a', 'b', 'c', 'd'].filter((name) => {
      return before?.metadata.includes(fingerprintIn(name))
    })
    cpSync(join(folder, agreed), join(folder, 'copy'), { recursive: true })
    const worker = new SluiceProcess(['worker', '--port', '0'], { ...env('other'), SLUICE_KEYS: join(folder, 'copy') })
    await worker.says(/partitions: 0 1 2 3 4 5 6 7 8 9 10 11\n/)
    worker.child.kill('SIGINT')
    expect(await worker.ended).toBe(0)
  })

  test('SPEC M3: a key that is put in force is agreed on as well: nobody starts without it, nor with another one of that id', async () => {
    const log = openLog()
    const own = readKeys(join(folder, 'copy'))
    const withThird = (byte: number) => ({
      ...own,
      maskKeys: [{ id: 'mask-3', secret: new Uint8Array(32).fill(byte) }, ...own.maskKeys],
    })
    const more = withThird(3)
    await Promise.all([1, 2].map(() => agreeOnMaskKey(at(openLog()), more, 'mask-3')))
    await agreeOnMaskKey(at(log), more, 'mask-3')
    const agreed = await log.group(KEYS_GROUP).committed(PLACE)
    expect(agreed?.metadata.match(/mask key/g)).toHaveLength(3)
    expect(await agreeOnKeys(at(log), more)).toBe('mask-1')
    await expect(requireAgreedKeys(at(log), own)).rejects.toThrow(/mask key mask-3 in \S+ is missing/)
    await expect(requireAgreedKeys(at(log), withThird(4))).rejects.toThrow(/mask key mask-3 in \S+ is another one/)
  })

  const fingerprintIn = (name: string) => keyFingerprint(readKeys(join(folder, name)).stateKey)
})
