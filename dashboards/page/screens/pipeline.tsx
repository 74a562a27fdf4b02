import { useMemo } from 'preact/hooks'
import type { PipelineView } from '../../board/views.ts'
import { useLoaded } from '../api.ts'
import { Empty, Failure, Panel } from '../parts/blocks.tsx'
import { Icon } from '../parts/icon.tsx'
import { type Line, LineChart } from '../parts/line-chart.tsx'
import { clock, count, dateTime, duration, visible, words } from '../text.ts'

const EVERY_MS = 2_000

export function PipelineScreen() {
  const { data, error } = useLoaded<PipelineView>('/pipeline', EVERY_MS)
  return (
    <>
      <Failure error={error} />
      {data !== null && (
        <div class="stack">
          <Figures pipeline={data} />
          <Charts pipeline={data} />
          <div class="columns even">
            <Stages pipeline={data} />
            <DeadLetters pipeline={data} />
          </div>
          <Partitions pipeline={data} />
        </div>
      )}
    </>
  )
}

function Figures({ pipeline }: { readonly pipeline: PipelineView }) {
  const { seconds, outcomes, duplicates, partitions, deadLetters, restarts, stages } = pipeline
  const last = seconds.slice(-10)
  const rate = last.length === 0 ? 0 : last.reduce((sum, { decided }) => sum + decided, 0) / last.length
  const decided = Object.values(outcomes).reduce((sum, one) => sum + one, 0)
  const seen = decided + duplicates
  const endToEnd = stages.at(-1)?.ms ?? null
  const oldest = Math.max(...partitions.map(({ checkpointAgeMs }) => checkpointAgeMs ?? -1))
  return (
    <ul class="tiles">
      <Tile name="Decisions a second" value={count(Math.round(rate))} more="mean of 10 s" />
      <Tile
        name="End to end"
        value={endToEnd === null ? '–' : duration(endToEnd.p99)}
        more={endToEnd === null ? 'no payment yet' : `p99; p50 ${duration(endToEnd.p50)}`}
      />
      <Tile
        name="Lag"
        value={count(partitions.reduce((sum, { lag }) => sum + lag, 0))}
        more={`records, ${partitions.length} partitions`}
      />
      <Tile
        name="Repeats"
        value={seen === 0 ? '–' : `${((duplicates / seen) * 100).toFixed(2)} %`}
        more={`${count(duplicates)} of ${count(seen)} in 5 min`}
      />
      <Tile
        name="Dead letters"
        value={count(deadLetters.reduce((sum, letter) => sum + letter.count, 0))}
        more="that the log holds"
      />
      <Tile
        name="Checkpoints"
        value={oldest < 0 ? '–' : duration(oldest)}
        more={oldest < 0 ? 'not told here' : 'the oldest lacks'}
      />
      <Tile
        name="Restarts"
        value={count(restarts.length)}
        more={restarts.length === 0 ? `since ${clock(pipeline.since)}` : `last ${clock(restarts.at(-1)?.atMs ?? 0)}`}
      />
    </ul>
  )
}

function Tile({ name, value, more }: { readonly name: string; readonly value: string; readonly more: string }) {
  return (
    <li class="panel tile">
      <span class="muted">{name}</span>
      <b>{value}</b>
      <span class="muted">{more}</span>
    </li>
  )
}

function Charts({ pipeline }: { readonly pipeline: PipelineView }) {
  const { seconds, restarts } = pipeline
  const times = useMemo(() => seconds.map(({ atMs }) => atMs / 1_000), [seconds])
  const rates = useMemo((): Line[] => {
    return [{ label: 'decided', color: 'accent', fill: true, values: seconds.map(({ decided }) => decided) }]
  }, [seconds])
  const latencies = useMemo((): Line[] => {
    return [
      { label: 'p50', color: 'ok', values: seconds.map(({ p50 }) => p50) },
      { label: 'p95', color: 'accent', values: seconds.map(({ p95 }) => p95) },
      { label: 'p99', color: 'critical', values: seconds.map(({ p99 }) => p99) },
    ]
  }, [seconds])
  const marks = restarts.map(({ atMs }) => atMs / 1_000)
  if (seconds.length < 2) {
    return (
      <Panel title="Throughput">
        <Empty title="No second is over yet">
          The figures begin with the first payment that is decided while the board runs:{' '}
          <code>sluice simulate --rate 50 --seconds 60</code> sends some.
        </Empty>
      </Panel>
    )
  }
  return (
    <div class="columns even">
      <Panel title="Decisions a second" aside={restarts.length > 0 && <RestartNote />}>
        <div class="body">
          <LineChart title="Decisions a second" unit="/s" seconds={times} lines={rates} marks={marks} />
        </div>
      </Panel>
      <Panel title="End to end" aside={<span class="push muted">a payment’s own time to its readable decision</span>}>
        <div class="body">
          <LineChart title="End-to-end latency" unit="ms" seconds={times} lines={latencies} marks={marks} />
        </div>
      </Panel>
    </div>
  )
}

function RestartNote() {
  return (
    <span class="push badge high">
      <Icon name="restart" />
      dashed: a task began anew
    </span>
  )
}

function Stages({ pipeline }: { readonly pipeline: PipelineView }) {
  return (
    <Panel title="Stages" aside={<span class="push muted">last 5 minutes</span>}>
      <div class="scroll">
        <table class="list">
          <caption class="unseen">Latency of each stage</caption>
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col" class="number">
                p50
              </th>
              <th scope="col" class="number">
                p95
              </th>
              <th scope="col" class="number">
                p99
              </th>
            </tr>
          </thead>
          <tbody>
            {pipeline.stages.map(({ name, meaning, ms }) => (
              <tr key={name}>
                <th scope="row">
                  {words(name)}
                  <span class="muted under">{meaning}</span>
                </th>
                <td class="number">{ms === null ? '–' : duration(ms.p50)}</td>
                <td class="number">{ms === null ? '–' : duration(ms.p95)}</td>
                <td class="number">{ms === null ? '–' : duration(ms.p99)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function DeadLetters({ pipeline }: { readonly pipeline: PipelineView }) {
  const { deadLetters } = pipeline
  return (
    <Panel title="Dead letters" aside={<code class="push muted">sluice dlq list</code>}>
      {deadLetters.length === 0 ? (
        <Empty title="Nothing was refused">
          What cannot be processed shows here with its reason; the scenario <code>poison</code> of the simulator sends
          some.
        </Empty>
      ) : (
        <div class="scroll">
          <table class="list">
            <caption class="unseen">Dead letters by reason</caption>
            <thead>
              <tr>
                <th scope="col">Reason</th>
                <th scope="col" class="number">
                  Count
                </th>
                <th scope="col">The last one</th>
              </tr>
            </thead>
            <tbody>
              {deadLetters.map(({ reason, count: letters, lastDetail, lastAt, lastPlace }) => (
                <tr key={reason}>
                  <th scope="row">{words(reason)}</th>
                  <td class="number">{count(letters)}</td>
                  <td class="wrap">
                    {visible(lastDetail)}
                    <span class="muted under">
                      {dateTime(lastAt)}, <span class="mono">{lastPlace}</span>
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

function Partitions({ pipeline }: { readonly pipeline: PipelineView }) {
  const most = Math.max(1, ...pipeline.partitions.map(({ lag }) => lag))
  return (
    <Panel title="Partitions" aside={<span class="push muted">payments.submitted</span>}>
      <div class="scroll">
        <table class="list">
          <caption class="unseen">Lag of each partition</caption>
          <thead>
            <tr>
              <th scope="col" class="number">
                Partition
              </th>
              <th scope="col" class="number">
                Decided up to
              </th>
              <th scope="col" class="number">
                End
              </th>
              <th scope="col" class="number">
                Lag
              </th>
              <th scope="col" class="wide">
                <span class="unseen">Lag as a bar</span>
              </th>
              <th scope="col" class="number">
                Checkpoint lacks
              </th>
            </tr>
          </thead>
          <tbody>
            {pipeline.partitions.map(({ partition, committed, end, lag, checkpointAgeMs }) => (
              <tr key={partition}>
                <th scope="row" class="number">
                  {partition}
                </th>
                <td class="number">{count(committed)}</td>
                <td class="number">{count(end)}</td>
                <td class="number">{count(lag)}</td>
                <td>
                  <svg class="lag" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="track" width="100" height="6" />
                    <rect class="fill" width={(lag / most) * 100} height="6" />
                  </svg>
                </td>
                <td class="number">{checkpointAgeMs === null ? '–' : duration(checkpointAgeMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
