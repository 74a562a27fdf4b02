import { describe, expect, test } from 'vitest'
import {
  bytes,
  type DeadLetter,
  json,
  keyValueStore,
  none,
  number,
  optional,
  text,
  topic,
  topology,
} from '../../../streams/index.ts'
import { TestDriver } from '../../../streams/testing/index.ts'

// Goal: what a stranger's topology may do, and what it is told when it does what it may not.
// Method: the test driver; each topology is as small as its rule.

const lines = topic('lines', { key: none, value: text, partitions: 3 })
const words = topic('words', { key: text, value: none, partitions: 4 })
const counts = topic('counts', { key: text, value: number, partitions: 2 })
const tally = keyValueStore('tally', { key: text, value: number, entriesMax: 3 })

const wordCount = () =>
  topology('word-count', 1)
    .processor({
      from: lines,
      to: [words],
      process: ({ value }, { forward }) => {
        for (const word of value.split(' ')) forward(words, word, null)
      },
    })
    .processor({
      from: words,
      stores: [tally],
      to: [counts],
      process: ({ key }, { store, forward }) => {
        const count = (store(tally).get(key) ?? 0) + 1
        store(tally).set(key, count)
        forward(counts, key, count)
      },
    })

const shown = (driver: TestDriver) => driver.readOutputs(counts).map(({ key, value }) => `${key} ${value}`)

describe('a topology of plain records', () => {
  test('goes through every processor, and a key finds its partition from wherever it comes', () => {
    const driver = new TestDriver(wordCount())
    driver.pipeInput(lines, null, 'to be or', { partition: 0 })
    driver.pipeInput(lines, null, 'not to be', { partition: 2 })
    expect(shown(driver).sort()).toEqual(['be 1', 'be 2', 'not 1', 'or 1', 'to 1', 'to 2'])
    const held = [0, 1, 2, 3].map((partition) => driver.store(tally, partition).get('to'))
    expect(held.filter((count) => count !== undefined)).toEqual([2])
    expect(driver.readOutputs(counts)).toEqual([])
  })

  test('keeps the order of a key, with the offsets of the output', () => {
    const driver = new TestDriver(wordCount())
    driver.pipeInput(lines, null, 'a a')
    driver.pipeInput(lines, null, 'a')
    expect(driver.readOutputs(counts).map(({ value, offset }) => [value, offset])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
    ])
  })

  test('stops at the bound of a store, naming setting and offset', () => {
    const driver = new TestDriver(wordCount())
    const four = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm'].join(' ')
    expect(() => driver.pipeInput(lines, null, four)).toThrow(
      /store tally holds 3 entries, and that is its entriesMax.*\(words-\d, offset 3\)/,
    )
  })

  test('takes a record that cannot be read to the dead letters, by its coordinates, and goes on', () => {
    const dead = topic('dead', { key: optional(bytes), value: json<DeadLetter>() })
    const numbers = topic('numbers', { key: text, value: number })
    const doubled = topic('doubled', { key: text, value: number })
    const build = () =>
      topology('doubles', 1).processor({
        from: numbers,
        to: [doubled],
        eventTimeMs: ({ value }) => value,
        process: ({ key, value }, { forward }) => forward(doubled, key, value * 2),
      })
    const driver = new TestDriver(build().deadLetters(dead))
    driver.pipeBytes(numbers, Uint8Array.of(65), Uint8Array.of(1))
    driver.pipeBytes(numbers, null, number.encode(1))
    driver.pipeInput(numbers, 'x', -1)
    driver.pipeInput(numbers, 'x', 4)
    expect(driver.readOutputs(doubled).map(({ value }) => value)).toEqual([8])
    expect(driver.readOutputs(dead).map(({ key, value }) => [key?.[0], value.offset, value.reason])).toEqual([
      [65, 0, 'its value cannot be read: a number has 8 bytes, this has 1'],
      [undefined, 1, 'its key cannot be read: it is null'],
      [120, 2, 'its event time is -1'],
    ])
    expect(() => new TestDriver(build()).pipeBytes(numbers, null, null)).toThrow(
      /declare deadLetters.*numbers-0, offset 0/,
    )
  })

  test('has the stream time of its partition, by the event times of its records', () => {
    const events = topic('events', { key: none, value: number, partitions: 2 })
    const times = topic('times', { key: none, value: json<readonly number[]>(), partitions: 2 })
    const driver = new TestDriver(
      topology('times', 1).processor({
        from: events,
        to: [times],
        eventTimeMs: ({ value }) => value,
        process: ({ timestampMs }, context) => context.forward(times, null, [timestampMs, context.streamTimeMs]),
      }),
    )
    for (const [value, partition] of [
      [5, 0],
      [3, 0],
      [9, 0],
      [1, 1],
    ] as const) {
      driver.pipeInput(events, null, value, { partition })
    }
    expect(driver.readOutputs(times).map(({ value }) => value)).toEqual([
      [5, 5],
      [3, 5],
      [9, 9],
      [1, 1],
    ])
  })

  test('forgets a deleted key, and hands out copies', () => {
    const lists = keyValueStore('lists', { key: text, value: json<string[]>(), entriesMax: 10 })
    const input = topic('input', { key: text, value: optional(text) })
    const driver = new TestDriver(
      topology('lists', 1).processor({
        from: input,
        stores: [lists],
        process: ({ key, value }, { store }) => {
          if (value === null) return store(lists).delete(key)
          const list = store(lists).get(key) ?? []
          list.push(value)
          if (value !== 'unset') store(lists).set(key, list)
        },
      }),
    )
    driver.pipeInput(input, 'k', 'a')
    driver.pipeInput(input, 'k', 'unset')
    expect(driver.store(lists).get('k')).toEqual(['a'])
    driver.pipeInput(input, 'k', null)
    expect([driver.store(lists).get('k'), driver.store(lists).size]).toEqual([undefined, 0])
  })
})

describe('a topology refuses', () => {
  const one = topic('one', { key: none, value: text })
  const other = topic('other', { key: none, value: text })
  const driverOf = (process: Parameters<ReturnType<typeof topology>['processor']>[0]['process']) =>
    new TestDriver(topology('t', 1).processor({ from: one as never, to: [other], process }))

  test('a processor that is asynchronous, or that keeps its context', () => {
    const asynchronous = driverOf(async () => {})
    expect(() => asynchronous.pipeInput(one, null, 'x')).toThrow(/must be synchronous.*\(one-0, offset 0\)/)
    let kept: () => void = () => {}
    const keeping = driverOf((_, { forward }) => {
      kept = () => forward(other, null, 'late')
    })
    keeping.pipeInput(one, null, 'x')
    expect(kept).toThrow(/after `process` had returned/)
  })

  test('topics and stores that were not declared', () => {
    const undeclared = topic('undeclared', { key: none, value: text })
    const forwards = driverOf((_, { forward }) => forward(undeclared, null, 'x'))
    expect(() => forwards.pipeInput(one, null, 'x')).toThrow(/undeclared is not among the processor's `to` topics/)
    const reads = driverOf((_, { store }) => store(tally).get('x'))
    expect(() => reads.pipeInput(one, null, 'x')).toThrow(/store tally is not among the processor's stores/)
    expect(() => reads.pipeInput(undeclared, null, 'x')).toThrow(/no processor of t reads undeclared/)
    expect(() => reads.store(tally)).toThrow(/no processor of t has store tally/)
  })

  test('what `process` throws, with the place of the record', () => {
    const throws = driverOf(() => {
      throw new TypeError('no such field')
    })
    expect(() => throws.pipeInput(one, null, 'x')).toThrow(/threw: no such field.*\(one-0, offset 0\)/)
  })

  test('two readers of a topic, two stores of a name, two declarations of a topic, bad names', () => {
    const process = () => {}
    const twice = () => topology('t', 1).processor({ from: one, process }).processor({ from: one, process })
    expect(twice).toThrow(/two processors read one/)
    const sameStore = () =>
      topology('t', 1)
        .processor({ from: one, stores: [tally], process })
        .processor({ from: other, stores: [tally], process })
    expect(sameStore).toThrow(/two stores are called tally/)
    const again = topic('one', { key: none, value: text })
    expect(() => topology('t', 1).processor({ from: one, to: [again], process }).topics).toThrow(/declared twice/)
    for (const name of ['', 'a b', '.', '..', 'a/b', 'x'.repeat(250)]) {
      expect(() => topic(name, { key: none, value: text }), name).toThrow(/topic's name/)
    }
    expect(() => topic('t', { key: none, value: text, partitions: 0 })).toThrow(/partitions/)
    expect(() => keyValueStore('a/b', { key: text, value: text, entriesMax: 1 })).toThrow(/store's name/)
    expect(() => topology('a b', 1)).toThrow(/topology's name/)
    expect(() => topology('t', 1.5)).toThrow(/no whole number/)
  })
})
