import type { Run } from '../../../schemas/index.ts';
import { duration, number, percent, whole } from '../../parts/format.ts';

/** The newest figures in one line; each has its place from the first moment, so that nothing moves when it comes. */
export function RunNumbers({ run }: { run: Run }) {
  const { progress, summary, engine } = run;
  const done = progress.steps > 0 ? progress.step / progress.steps : 0;
  return (
    <dl class="numbers">
      <div class="wide">
        <dt>
          Epoch {whole(progress.epoch)} of {whole(progress.epochs)}
        </dt>
        <dd>{percent(done, 0)}</dd>
        <dd class="under">
          <span
            class="meter"
            role="progressbar"
            aria-label="Progress"
            aria-valuenow={Math.round(done * 100)}
            aria-valuemin={0}
            aria-valuemax={100}
          >
            <i style={{ transform: `scaleX(${done})` }} />
          </span>
        </dd>
      </div>
      <div>
        <dt>Loss</dt>
        <dd>{number(summary.loss)}</dd>
        <dd class="under">{summary.valLoss !== undefined ? `validation ${number(summary.valLoss)}` : 'training'}</dd>
      </div>
      {(summary.accuracy !== undefined || summary.valAccuracy !== undefined) && (
        <div>
          <dt>Accuracy</dt>
          <dd>{percent(summary.accuracy)}</dd>
          <dd class="under">
            {summary.valAccuracy !== undefined ? `validation ${percent(summary.valAccuracy)}` : 'training'}
          </dd>
        </div>
      )}
      <div>
        <dt>Active</dt>
        <dd>{percent(summary.activeFraction)}</dd>
        <dd class="under">of {whole(summary.hiddenNeurons)} neurons</dd>
      </div>
      <div class={summary.deadNeurons ? 'cold' : ''}>
        <dt>Dead</dt>
        <dd>{summary.deadNeurons ? `× ${whole(summary.deadNeurons)}` : whole(summary.deadNeurons)}</dd>
        <dd class="under">
          {summary.deadNeurons && summary.hiddenNeurons
            ? percent(summary.deadNeurons / summary.hiddenNeurons)
            : 'exact count'}
        </dd>
      </div>
      <div>
        <dt>Speed</dt>
        <dd>{whole(summary.samplesPerSecond)}</dd>
        <dd class="under">samples / s</dd>
      </div>
      <div>
        <dt>Trained</dt>
        <dd>
          {summary.trainingSeconds === undefined || summary.trainingSeconds === null
            ? '–'
            : duration(summary.trainingSeconds * 1000)}
        </dd>
        <dd class="under">{engine ? `${engine.name}, ${engine.backend}` : 'waits for an engine'}</dd>
      </div>
    </dl>
  );
}
