import { count, number, percent } from '../../parts/format.ts';
import { jsonFault } from './job-text.ts';
import { isStale, verdict } from './validation.ts';

/** What the server says about the draft; always in the same place and about as tall. */
export function RiskNote() {
  if (jsonFault.value) return <div class="notice">The typed JSON is not valid, so nothing is checked.</div>;
  return (
    <div class={isStale.value ? 'stale' : ''} aria-busy={isStale.value}>
      <VerdictNote />
      {isStale.value && <span class="stale-note">Checking the changed job…</span>}
    </div>
  );
}

function VerdictNote() {
  const now = verdict.value;
  const valid = isStale.value ? '' : 'valid';
  switch (now.state) {
    case 'asking':
      return <div class="notice">Checking the job…</div>;
    case 'unreachable':
      return (
        <div class="notice bad" role="alert">
          The service does not respond. Your job is kept on this page and is checked again every 5 s.
        </div>
      );
    case 'invalid':
      return (
        <div class="notice bad" role="alert">
          <b>{now.message}</b>
          <ul class="faults">
            {[...now.faults].map(([path, text]) => (
              <li key={path}>
                <code>{path}</code> {text}
              </li>
            ))}
          </ul>
        </div>
      );
    case 'valid': {
      if (!now.risk)
        return (
          <div class={`notice ${valid}`}>
            <b>This job is valid.</b>
          </div>
        );
      const { probability, interval } = now.risk.bornDead;
      const expected = now.risk.layers.reduce((sum, layer) => sum + layer.expectedDead, 0);
      const units = now.risk.layers.reduce((sum, layer) => sum + layer.units, 0);
      return (
        <div class={`notice ${valid} risk ${probability >= 0.5 ? 'cold' : probability >= 0.05 ? 'ember' : ''}`}>
          <div class="risk-figure">
            <b class="num">{percent(probability)}</b>
            <span>
              probability that the network is born dead
              <br />
              <span class="quiet num">
                95 % interval: {percent(interval[0])} to {percent(interval[1])}, from {count(now.risk.draws, 'draw')} of
                the initial weights; about {number(Number(expected.toPrecision(2)))} of {count(units, 'hidden neuron')}{' '}
                dead before the first step
              </span>
            </span>
          </div>
          <div class="risk-layers" aria-hidden="true">
            {now.risk.layers.map((layer) => (
              <i
                key={layer.name}
                title={`${layer.name}: about ${number(Number(layer.expectedDead.toPrecision(2)))} of ${count(layer.units, 'neuron')} dead at the start`}
              >
                <b style={{ transform: `scaleY(${layer.units ? layer.expectedDead / layer.units : 0})` }} />
              </i>
            ))}
          </div>
        </div>
      );
    }
  }
}
