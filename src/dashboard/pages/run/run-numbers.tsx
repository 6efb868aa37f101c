import type { ComponentChildren } from 'preact';
import {
  hasValidation,
  LOSS_UNIT_NAMES,
  shareDone,
  taskOf,
  trainingAccuracyOf,
  trainingLossOf,
  type Run,
} from '../../../vocabulary/index.ts';
import { count, duration, number, percent, rSquared, whole } from '../../parts/format.ts';
import { Meter } from '../../parts/meter.tsx';

/** The latest figures in one line. Each has its place from the start, so that nothing moves when it arrives. */
export function RunNumbers({ run }: { run: Run }) {
  const { progress, summary, engine } = run;
  const done = shareDone(run);
  const hasStoppedEarly = run.status === 'succeeded' && progress.step < progress.steps;
  return (
    <dl class="numbers">
      <div class="wide">
        <dt>
          {whole(progress.epoch)} of {count(progress.epochs, 'epoch')}
          {hasStoppedEarly && ', stopped early'}
        </dt>
        <dd>{percent(done, 0)}</dd>
        <dd class="under">
          <Meter share={done} />
        </dd>
      </div>
      <Figure name="Training loss" value={number(trainingLossOf(summary))}>
        {summary.epochLoss === undefined ? 'newest steps' : `last epoch; newest steps ${number(summary.loss)}`}
        {summary.lossUnit === 'normalised' && `, ${LOSS_UNIT_NAMES[summary.lossUnit]}`}
      </Figure>
      {hasValidation(run) && (
        <Figure name="Validation loss" value={number(summary.valLoss)}>
          {summary.bestStep !== undefined && `best ${number(summary.bestValLoss)}, step ${whole(summary.bestStep)}`}
        </Figure>
      )}
      <Score run={run} />
      <Figure name="Active neurons" value={percent(summary.activeFraction)}>
        of {whole(summary.hiddenNeurons)} hidden neurons
      </Figure>
      <Figure
        name="Dead or silent"
        value={summary.deadNeurons ? `× ${whole(summary.deadNeurons)}` : whole(summary.deadNeurons)}
        isCold={Boolean(summary.deadNeurons)}
      >
        {summary.deadNeurons && summary.hiddenNeurons
          ? `${percent(summary.deadNeurons / summary.hiddenNeurons)} of ${whole(summary.hiddenNeurons)}`
          : 'hidden neurons'}
      </Figure>
      <Figure
        name="Training time"
        value={
          summary.trainingSeconds === undefined || summary.trainingSeconds === null
            ? '–'
            : duration(summary.trainingSeconds * 1000)
        }
      >
        {engine ? `${engine.name}, ${whole(summary.samplesPerSecond)} samples per second` : 'waiting for a worker'}
      </Figure>
    </dl>
  );
}

/** How well the network answers, by the usual figure of its task. */
function Score({ run }: { run: Run }) {
  const { summary, spec } = run;
  switch (taskOf(spec.training.loss)) {
    case 'regression':
      return (
        <Figure name="R²" value={rSquared(summary.r2)}>
          {hasValidation(run) ? 'validation' : 'training'}
          {summary.testR2 === undefined ? '' : `, test ${rSquared(summary.testR2)}`}; 0 is a constant answer
        </Figure>
      );
    case 'classification':
    case 'multilabel': {
      const macroF1 = summary.macroF1 === undefined ? '' : `macro F1 ${number(summary.macroF1)}`;
      return hasValidation(run) ? (
        <Figure name="Validation accuracy" value={percent(summary.valAccuracy)}>
          {summary.testAccuracy !== undefined && `test accuracy ${percent(summary.testAccuracy)}, `}
          {macroF1 && `${macroF1}, `}training accuracy {percent(trainingAccuracyOf(summary))}
        </Figure>
      ) : (
        <Figure name="Training accuracy" value={percent(trainingAccuracyOf(summary))}>
          {summary.epochAccuracy === undefined ? 'newest steps' : 'last epoch'}
          {macroF1 && `, ${macroF1}`}
        </Figure>
      );
    }
  }
}

interface FigureProps {
  name: string;
  value: string;
  isCold?: boolean;
  children: ComponentChildren;
}
const Figure = ({ name, value, isCold = false, children }: FigureProps) => (
  <div class={isCold ? 'cold' : ''}>
    <dt>{name}</dt>
    <dd>{value}</dd>
    <dd class="under">{children}</dd>
  </div>
);
