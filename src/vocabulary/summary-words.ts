/** The figures of a summary in words, for the page and the terminal. */
import type { LossUnit, Run, Summary, SummaryKey } from './run.ts';
import { taskOf } from './training.ts';

interface Figure {
  /** A loss or an accuracy always says which samples it is measured on. */
  name: string;
  /** A share is from 0 to 1, and written in percent. */
  kind?: 'share' | 'R²';
}

export const FIGURES: Readonly<Record<SummaryKey, Figure>> = {
  loss: { name: 'training loss, newest steps' },
  accuracy: { name: 'training accuracy, newest steps', kind: 'share' },
  epochLoss: { name: 'training loss, last epoch' },
  epochAccuracy: { name: 'training accuracy, last epoch', kind: 'share' },
  valLoss: { name: 'validation loss' },
  valAccuracy: { name: 'validation accuracy', kind: 'share' },
  r2: { name: 'R²', kind: 'R²' },
  macroF1: { name: 'macro F1' },
  bestStep: { name: 'best checkpoint at step' },
  bestValLoss: { name: 'validation loss there' },
  bestValAccuracy: { name: 'validation accuracy there', kind: 'share' },
  testLoss: { name: 'test loss' },
  testAccuracy: { name: 'test accuracy', kind: 'share' },
  testR2: { name: 'test R²', kind: 'R²' },
  bestTestLoss: { name: 'test loss, best checkpoint' },
  bestTestAccuracy: { name: 'test accuracy, best checkpoint', kind: 'share' },
  bestTestR2: { name: 'test R², best checkpoint', kind: 'R²' },
  learningRate: { name: 'learning rate' },
  gradientNorm: { name: 'gradient norm' },
  activeFraction: { name: 'active neurons', kind: 'share' },
  deadNeurons: { name: 'dead or silent neurons' },
  hiddenNeurons: { name: 'hidden neurons' },
  parameters: { name: 'parameters' },
  samplesPerSecond: { name: 'samples per second' },
  trainingSeconds: { name: 'training seconds' },
};

/** What the losses of a regression are measured on. */
export const LOSS_UNIT_NAMES: Readonly<Record<LossUnit, string>> = {
  target: 'of the targets',
  normalised: 'of the normalised targets',
};

/** Whether a part of the data is held out, on which the run is measured too. */
export const hasValidation = ({ spec, summary }: Pick<Run, 'spec' | 'summary'>): boolean =>
  spec.dataset.validationSplit > 0 || summary.valLoss !== undefined;

/** A training figure of the last whole epoch; before its end, of the newest steps, in a short run a single one. */
export const trainingLossOf = ({ epochLoss, loss }: Summary): number | null | undefined => epochLoss ?? loss;
export const trainingAccuracyOf = ({ epochAccuracy, accuracy }: Summary): number | null | undefined =>
  epochAccuracy ?? accuracy;

/** How well a run's network answers, by the usual figure of its task, and on which samples. */
export interface Score {
  value: number | null | undefined;
  name: 'R²' | 'accuracy';
  split: 'validation' | 'training';
}

/** On the validation part where there is one. */
export function scoreOf(run: Pick<Run, 'spec' | 'summary'>): Score {
  const { spec, summary } = run;
  const split = hasValidation(run) ? 'validation' : 'training';
  switch (taskOf(spec.training.loss)) {
    case 'regression':
      return { value: summary.r2, name: 'R²', split };
    case 'classification':
    case 'multilabel':
      return {
        value: split === 'validation' ? summary.valAccuracy : trainingAccuracyOf(summary),
        name: 'accuracy',
        split,
      };
  }
}

/** A figure of two runs; null where it was not finite. */
export interface Outcome {
  key: SummaryKey;
  before: number | null;
  after: number | null;
}

/** What came of a change: the dead neurons, and how well the network learned, by a figure that both runs have. */
export function outcomesOf(before: Run, after: Run): Outcome[] {
  const figureOf = (key: SummaryKey): Outcome[] => {
    const [then, now] = [before.summary[key], after.summary[key]];
    return then === undefined || now === undefined ? [] : [{ key, before: then, after: now }];
  };
  const learning: SummaryKey[] = [
    'valAccuracy',
    'epochAccuracy',
    'accuracy',
    'r2',
    // A loss of another kind, or in another unit, is no measure of what has changed.
    ...(haveSameLoss(before, after) ? (['valLoss', 'epochLoss', 'loss'] as const) : []),
  ];
  return [...figureOf('deadNeurons'), ...(learning.map(figureOf).find((found) => found.length > 0) ?? [])];
}

const haveSameLoss = (a: Run, b: Run): boolean =>
  a.spec.training.loss === b.spec.training.loss && a.summary.lossUnit === b.summary.lossUnit;
