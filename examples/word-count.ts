import { createInterface } from 'node:readline'
import { keyValueStore, none, number, text, topic, topology } from 'sluice/streams'
import * as embedded from 'sluice/streams/embedded'
import * as kafka from 'sluice/streams/kafka'

// Counts words, exactly once each, whatever is killed: type lines, read counts, press Ctrl-C (or kill -9) and start again.

const lines = topic('lines', { key: none, value: text, partitions: 2 })
const words = topic('words', { key: text, value: none, partitions: 2 })
const counts = topic('counts', { key: text, value: number, partitions: 2 })
const tally = keyValueStore('tally', { key: text, value: number, entriesMax: 1_000_000 })

const wordCount = topology('word-count', 1)
  .processor({
    from: lines,
    to: [words],
    process: ({ value: line }, { forward }) => {
      for (const word of line.toLowerCase().match(/\p{L}+/gu) ?? []) forward(words, word, null)
    },
  })
  .processor({
    from: words,
    stores: [tally],
    to: [counts],
    process: ({ key: word }, { store, forward }) => {
      const count = (store(tally).get(word) ?? 0) + 1
      store(tally).set(word, count)
      forward(counts, word, count)
    },
  })

const [directory = 'data/word-count', broker] = process.argv.slice(2)
const application = broker
  ? await kafka.run(wordCount, { directory, bootstrapServers: [broker] })
  : await embedded.run(wordCount, { directory })
application.follow(counts, ({ key, value }) => console.log(`${key} ${value}`))
for await (const line of createInterface({ input: process.stdin })) {
  if (application.closing) break
  await application.send(lines, null, line)
}
