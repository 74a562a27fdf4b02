import { setImmediate } from 'node:timers/promises'
import { createProducer, edgeMask } from '../../bin/runtime/payment-source.ts'
import { Pipeline } from '../../bin/runtime/pipeline.ts'
import { type OutputRecord, recompute, stateWithin } from '../../bin/runtime/recomputation.ts'
import {
  APPLICATION_ID,
  createRuntime,
  INPUT_TOPIC,
  openWritingSession,
  PARTITIONS,
  type Session,
} from '../../bin/runtime/session.ts'
import { type Config, readConfig } from '../../platform/config.ts'
import { machineClock } from '../../producers/clock.ts'
import { SimulationRun } from '../../producers/simulator/run.ts'
import { scenarioNamed } from '../../producers/simulator/scenarios.ts'
import { simulate } from '../../producers/simulator/simulate.ts'
import type { OutputBatch } from '../../streams/log/log.ts'
import { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'

/** The settings of a test: nothing of the machine's environment. */
export function testConfig(folder: string, given: Readonly<Record<string, string>> = {}): Config {
  return readConfig({}, { SLUICE_DATA: folder, SLUICE_METRICS_PORT: '0', ...given })
}

/** Long ago, so that no event time is in the future; with the seed it makes every run the same. */
const START_MS = 1_700_000_000_000

/** Sends `records` of the mixed scenario to a folder, as fast as the log takes them; nobody decides them yet. */
async function fillFolder(session: Session, records: number, seed = 'test'): Promise<void> {
  const run = new SimulationRun({ seed, startMs: START_MS, paymentSchemaId: session.ids.payment })
  const producer = createProducer(session, edgeMask(session))
  const mixed = scenarioNamed('mixed')
  if (mixed === undefined) throw new Error('there is a mixed scenario')
  await simulate(mixed.records(run, { ratePerSecond: 200, records }), { producer, clock: machineClock, onTime: false })
  await producer.close()
}

/** A folder that the pipeline itself has decided, as `sluice up` does, with the session still open. */
export async function pipelineFolder(folder: string, records: number): Promise<Session> {
  const session = await openWritingSession(testConfig(folder))
  await fillFolder(session, records)
  const pipeline = new Pipeline(session, { onSurvived: () => {}, onFailed: () => {} })
  const { log } = session
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const at = { topic: INPUT_TOPIC, partition }
    const { endOffset } = await log.bounds(at)
    while ((pipeline.tasks[partition]?.committedOffset ?? 0) < endOffset) await setImmediate()
  }
  pipeline.stop()
  const failure = await pipeline.ended
  if (failure !== null) throw failure
  return session
}

/** What a task would write for a partition's input, changed by `alter`. */
export type Alter = (outputs: OutputRecord[], partition: number) => OutputRecord[]

/** A folder whose input is decided by one transaction a partition, with outputs that the test may alter. */
export async function decidedFolder(
  folder: string,
  records: number,
  alter: Alter = (outputs) => outputs,
): Promise<void> {
  const session = await openWritingSession(testConfig(folder))
  await fillFolder(session, records)
  const processor = createRuntime(session)
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const at = { topic: INPUT_TOPIC, partition }
    const { endOffset } = await session.log.bounds(at)
    const state = await stateWithin(session, processor, partition, 0, 'oldest')
    const outputs: OutputRecord[] = []
    for await (const stretch of recompute(session, processor, partition, state, endOffset))
      outputs.push(...stretch.outputs)
    const task = await session.log.openTask(APPLICATION_ID, at)
    task.begin()
    await task.append(batchesOf(alter(outputs, partition), partition))
    await task.sendOffset({ offset: endOffset, metadata: '' })
    await task.end()
    await task.close()
  }
  await session.log.close()
}

function batchesOf(outputs: readonly OutputRecord[], partition: number): OutputBatch[] {
  const batches: OutputBatch[] = []
  for (const [topic, records] of Map.groupBy(outputs, (record) => record.topic)) {
    const writer = new RecordBatchWriter()
    writer.open()
    for (const { key, value } of records) {
      writer.begin(0, key ?? new Uint8Array(0), 0, key === null ? -1 : key.length)
      writer.reserve(value?.length ?? 0)
      writer.bytes.set(value ?? new Uint8Array(0), writer.at)
      writer.at += value?.length ?? 0
      writer.end()
    }
    batches.push(...writer.finish().map((batch) => ({ topic, partition, ...batch })))
  }
  return batches
}
