import type { ActView, RuleChangeView, RulesView } from '../../board/views.ts'
import { useLoaded } from '../api.ts'
import { Empty, Failure, Panel } from '../parts/blocks.tsx'
import { ShadowSignals } from '../parts/shadow-signals.tsx'
import { accountPath, decisionPath } from '../route.ts'
import { dateTime, visible, words } from '../text.ts'

const EVERY_MS = 5_000

export function RulesScreen() {
  const { data, error } = useLoaded<RulesView>('/rules', EVERY_MS)
  return (
    <>
      <Failure error={error} />
      {data !== null && (
        <div class="columns even">
          <div class="stack">
            <Current view={data} />
            <ShadowSignals shadow={data.shadow} />
          </div>
          <div class="stack">
            <History view={data} />
            <Acts acts={data.acts} />
          </div>
        </div>
      )}
    </>
  )
}

type Settings = Readonly<Record<string, unknown>>

function Current({ view }: { readonly view: RulesView }) {
  const { rules, version, hash } = view
  const signals = rules['signals'] as Readonly<Record<string, Settings>>
  const actions = rules['actions'] as Readonly<Record<string, Settings>>
  return (
    <Panel title={`In force: version ${version}`} aside={<span class="push muted mono">{hash}</span>}>
      <table class="list">
        <caption class="unseen">Signals and their points</caption>
        <thead>
          <tr>
            <th scope="col">Signal</th>
            <th scope="col" class="number">
              Points
            </th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(signals).map(([signal, { points, ...rest }]) => (
            <tr key={signal}>
              <th scope="row">{words(signal)}</th>
              <td class="number">{String(points)}</td>
              <td class="wrap muted">{settingsText(rest)}</td>
            </tr>
          ))}
          {Object.entries(actions).map(([action, settings]) => (
            <tr key={action}>
              <th scope="row">{words(action)}</th>
              <td class="number">action</td>
              <td class="wrap muted">{settingsText(settings)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function settingsText(settings: Settings): string {
  const parts = Object.entries(settings).map(([name, value]) => {
    return `${words(name).toLowerCase()} ${Array.isArray(value) ? value.join(' ') : String(value)}`
  })
  return parts.join(', ')
}

function History({ view }: { readonly view: RulesView }) {
  return (
    <Panel title="History" aside={<code class="push muted">sluice rules apply FILE --reason WHY</code>}>
      <ol class="history">
        {view.history.map((change, i) => (
          <Change
            key={view.history.length - i}
            change={change}
            isInForce={change.hash === view.hash && i === firstOf(view)}
          />
        ))}
      </ol>
    </Panel>
  )
}

function firstOf({ history, hash }: RulesView): number {
  return history.findIndex((change) => change.hash === hash)
}

function Change({ change, isInForce }: { readonly change: RuleChangeView; readonly isInForce: boolean }) {
  const { version, hash, at, actor, reason, differences } = change
  return (
    <li>
      <p>
        <b>Version {visible(version)}</b> <span class="mono muted">{hash}</span>
        {isInForce && <span class="badge approve">in force</span>}
      </p>
      <p class="muted">
        {at === null
          ? 'What the folder began with.'
          : `${dateTime(at)}, ${visible(actor ?? '')}: ${visible(reason ?? 'no reason')}`}
      </p>
      {differences.length > 0 && (
        <table class="diff">
          <caption class="unseen">What it changed</caption>
          <tbody>
            {differences.map(({ path, from, to }) => (
              <tr key={path}>
                <th scope="row" class="mono">
                  {path}
                </th>
                <td class="mono from">{visible(from)}</td>
                <td class="mono to">{visible(to)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </li>
  )
}

function Acts({ acts }: { readonly acts: readonly ActView[] }) {
  return (
    <Panel title="Acts of people" aside={<span class="push muted">audit.events</span>}>
      {acts.length === 0 ? (
        <Empty title="Nobody has done anything yet">
          Block an account on its screen, or end a review: who did it, when and why stands here.
        </Empty>
      ) : (
        <div class="scroll">
          <table class="list">
            <caption class="unseen">Acts, the newest first</caption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {acts.map(({ at, actor, act, subject, result, reason }) => (
                <tr key={`${at}${actor}${act}${subject}`}>
                  <td>{dateTime(at)}</td>
                  <td>{visible(actor)}</td>
                  <td>
                    {words(act.replace('.', ' '))} <Subject act={act} subject={subject} />
                    {result !== 'done' && <span class="badge high">{visible(result)}</span>}
                  </td>
                  <td class="wrap">{visible(reason ?? '')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

function Subject({ act, subject }: { readonly act: string; readonly subject: string | null }) {
  if (subject === null) return null
  const path = act.startsWith('account.')
    ? accountPath(subject)
    : act.startsWith('review.')
      ? decisionPath(subject)
      : null
  if (path === null) return <span class="mono">{visible(subject)}</span>
  return (
    <a class="mono" href={path}>
      {visible(subject)}
    </a>
  )
}
