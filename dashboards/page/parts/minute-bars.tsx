/** Alerts of the last minutes as bars; the last one is still running. A table says the same to who cannot see them. */
export function MinuteBars({ perMinute }: { readonly perMinute: readonly number[] }) {
  const most = Math.max(1, ...perMinute)
  const running = perMinute.length - 1
  return (
    <figure class="bars">
      <svg viewBox={`0 0 ${perMinute.length * 10} 64`} preserveAspectRatio="none" aria-hidden="true">
        {perMinute.map((alerts, i) => {
          const height = alerts === 0 ? 1 : Math.max(2, (alerts / most) * 62)
          const kind = alerts === 0 ? 'none' : i === running ? 'running' : ''
          return <rect key={i} class={kind} x={i * 10 + 1} width="8" y={64 - height} height={height} rx="1.5" />
        })}
      </svg>
      <figcaption>
        <span>{running} min ago</span>
        <span>most {most === 1 && perMinute.every((alerts) => alerts === 0) ? 0 : most} a minute</span>
        <span>now</span>
      </figcaption>
      <table class="unseen">
        <caption>Alerts a minute</caption>
        <tbody>
          {perMinute.map((alerts, i) => (
            <tr key={i}>
              <th scope="row">{running - i} min ago</th>
              <td>{alerts}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  )
}
