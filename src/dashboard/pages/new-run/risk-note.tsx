import { percent } from '../../parts/format.ts';
import { verdict } from './validation.ts';

/** What the server says of the draft; always in the same place and about as tall. */
export function RiskNote() {
  const now = verdict.value;
  switch (now.state) {
    case 'asking':
      return <div class="notice">The server looks at the job.</div>;
    case 'unreachable':
      return (
        <div class="notice bad" role="alert">
          The service does not answer. The job is kept here; it is checked again at the next change.
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
          <div class="notice">
            <b>This job can run.</b>
          </div>
        );
      const { probability, interval } = now.risk.bornDead;
      const expected = now.risk.layers.reduce((sum, layer) => sum + layer.expectedDead, 0);
      const units = now.risk.layers.reduce((sum, layer) => sum + layer.units, 0);
      return (
        <div class={`notice risk ${probability >= 0.5 ? 'cold' : probability >= 0.05 ? 'ember' : ''}`}>
          <div class="risk-figure">
            <b class="num">{percent(probability, probability < 0.1 ? 1 : 0)}</b>
            <span>
              chance that the network is born dead
              <br />
              <span class="quiet num">
                between {percent(interval[0])} and {percent(interval[1])}; about{' '}
                {expected.toFixed(expected < 10 ? 1 : 0)} of {units} neurons dead at the start
              </span>
            </span>
          </div>
          <div class="risk-layers" aria-hidden="true">
            {now.risk.layers.map((layer) => (
              <i key={layer.name} title={`${layer.name}: ${layer.expectedDead.toFixed(1)} of ${layer.units}`}>
                <b style={{ transform: `scaleY(${layer.units ? layer.expectedDead / layer.units : 0})` }} />
              </i>
            ))}
          </div>
        </div>
      );
    }
  }
}
