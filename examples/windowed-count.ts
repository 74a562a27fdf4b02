import { createInterface } from 'node:readline'
import { json, number, text, topic, topology, windowedStore } from 'sluice/streams'
import * as embedded from 'sluice/streams/embedded'
import * as kafka from 'sluice/streams/kafka'

// Counts each page's clicks by minute of event time: type `PAGE SECONDS` lines, read counts. Late clicks are counted apart.

const clicks = topic('clicks', { key: text, value: json<{ atMs: number }>() })
const perMinute = topic('clicks-per-minute', { key: text, value: json<{ minute: string; clicks: number }>() })
const late = topic('late-clicks', { key: text, value: number })
const sizes = { windowMs: 60_000, graceMs: 10_000, entriesMax: 1_000_000 }
const minutes = windowedStore('minutes', { key: text, value: number, ...sizes })

const clickCount = topology('windowed-count', 1).processor({
  from: clicks,
  stores: [minutes],
  to: [perMinute, late],
  eventTimeMs: ({ value }) => value.atMs,
  process: ({ key: page, timestampMs }, { store, forward }) => {
    const minute = store(minutes).window(timestampMs)
    if (minute === null) return forward(late, page, timestampMs)
    const count = (store(minutes).get(page, minute) ?? 0) + 1
    store(minutes).set(page, minute, count)
    forward(perMinute, page, { minute: new Date(minute.startMs).toISOString(), clicks: count })
  },
})

const [directory = 'data/windowed-count', broker] = process.argv.slice(2)
const application = broker
  ? await kafka.run(clickCount, { directory, bootstrapServers: [broker] })
  : await embedded.run(clickCount, { directory })
application.follow(perMinute, ({ key, value }) => console.log(`${key} ${value.minute} ${value.clicks}`))
application.follow(late, ({ key, value }) => console.log(`${key} ${new Date(value).toISOString()} late`))
for await (const line of createInterface({ input: process.stdin })) {
  if (application.closing) break
  const [page = '', seconds] = line.split(' ')
  await application.send(clicks, page, { atMs: Number(seconds) * 1_000 })
}
