import type { Run } from '../../../vocabulary/index.ts';
import { count, duration, number, percent, whole } from '../../parts/format.ts';
import { Meter } from '../../parts/meter.tsx';

/** The latest figures in one line. Each has its place from the start, so that nothing moves when it arrives. */
export function RunNumbers({ run }: { run: Run }) {
  const { progress, summary, engine } = run;
  const done = progress.steps > 0 ? progress.step / progress.steps : 0;
  return (
    <dl class="numbers">
      <div class="wide">
        <dt>
          {whole(progress.epoch)} of {count(progress.epochs, 'epoch')}
        </dt>
        <dd>{percent(done, 0)}</dd>
        <dd class="under">
          <Meter share={done} />
        </dd>
      </div>
      <div>
        <dt>Training loss</dt>
        <dd>{number(summary.loss)}</dd>
        <dd class="under">validation {number(summary.valLoss)}</dd>
      </div>
      {(summary.accuracy !== undefined || summary.valAccuracy !== undefined) && (
        <div>
          <dt>Training accuracy</dt>
          <dd>{percent(summary.accuracy)}</dd>
          <dd class="under">validation {percent(summary.valAccuracy)}</dd>
        </div>
      )}
      <div>
        <dt>Active neurons</dt>
        <dd>{percent(summary.activeFraction)}</dd>
        <dd class="under">of {whole(summary.hiddenNeurons)} hidden neurons</dd>
      </div>
      <div class={summary.deadNeurons ? 'cold' : ''}>
        <dt>Dead or silent</dt>
        <dd>{summary.deadNeurons ? `× ${whole(summary.deadNeurons)}` : whole(summary.deadNeurons)}</dd>
        <dd class="under">
          {summary.deadNeurons && summary.hiddenNeurons
            ? `${percent(summary.deadNeurons / summary.hiddenNeurons)} of ${whole(summary.hiddenNeurons)}`
            : 'hidden neurons'}
        </dd>
      </div>
      <div>
        <dt>Speed</dt>
        <dd>{whole(summary.samplesPerSecond)}</dd>
        <dd class="under">samples per second</dd>
      </div>
      <div>
        <dt>Training time</dt>
        <dd>
          {summary.trainingSeconds === undefined || summary.trainingSeconds === null
            ? '–'
            : duration(summary.trainingSeconds * 1000)}
        </dd>
        <dd class="under">{engine ? `${engine.name}, ${engine.backend}` : 'waiting for a worker'}</dd>
      </div>
    </dl>
  );
}
