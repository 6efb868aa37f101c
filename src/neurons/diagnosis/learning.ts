/** What the curves say of a run: what it has learned, whether it still learns, and whether it once was better. */
import type { JobSpec, Summary, Task } from '../../vocabulary/index.ts';
import type { DataFigures } from '../verdict/data-facts.ts';
import type { TrainingWindow } from '../verdict/evidence.ts';
import type { Curve, Curves } from './run-record.ts';

export interface Learning {
  /** Mean training loss of the last epoch, and the loss of the best constant answer, both in the unit that is minimised. */
  loss: number | null;
  baseline: number | null;
  /** 1 - loss / baseline: 0 is a constant answer, 1 is perfect. With the squared error it is R². */
  skill: number | null;
  /** Share of the training samples of the last epoch that were classified correctly; null for regression. */
  accuracy: number | null;
  /** The share of the commonest class; null for anything but classification. */
  constantAccuracy: number | null;
  /**
   * Whether so few samples are no evidence that the accuracy is better than that of the commonest class: within two
   * standard deviations. False for anything but classification.
   */
  isAccuracyChance: boolean;
  /** Mean F1 over the classes or labels; null for regression, and before the end. */
  macroF1: number | null;
  /** Samples of the rarest class or label, in units of an even share; null for regression. */
  rarestShare: number | null;
  /** By how much the network stays below what nearest neighbours reach, in R² or in accuracy; null if nobody knows. */
  shortfall: number | null;
  /** Whether what neighbours miss says something too: distances between samples of many features tell little. */
  areNeighboursTelling: boolean;
  /**
   * The fall of the training loss from the third to the last quarter of the steps, as a share of the third; negative
   * where it rose. Null for fewer than eight points.
   */
  fall: number | null;
  /** The best value that was reached, if the last one is worse beyond noise. */
  setback: Setback | null;
}
export interface Setback {
  of: 'valAccuracy' | 'accuracy' | 'valLoss' | 'loss';
  best: number;
  bestStep: number;
  last: number;
}

/** Above this share of a constant's loss gained, lost neurons have cost little that a user would miss. */
const WELL = 0.9;
/** Or within this of what neighbours reach, where they tell: the rest is noise. */
const NEARLY = 0.05;
/** Or with so few mistakes on the training samples. */
const NEARLY_ALL_RIGHT = 0.98;

/** Whether the network has learned well all the same, by the loss or by neighbours, and without a setback. */
export function hasLearnedWell({ skill, accuracy, shortfall, setback, areNeighboursTelling }: Learning): boolean {
  if (skill === null || setback !== null) return false;
  if (shortfall !== null && areNeighboursTelling && shortfall <= NEARLY) return true;
  if (accuracy !== null && accuracy >= NEARLY_ALL_RIGHT) return true;
  return skill >= WELL && (shortfall === null || shortfall <= 1 - WELL);
}

export interface LearningInput {
  spec: JobSpec;
  plannedSteps: number;
  windows: readonly TrainingWindow[];
  data: DataFigures | null;
  curves: Curves;
  summary: Summary;
  task: Task;
}

const FEW_FEATURES = 3;
/** Fewer points show no trend. */
const LEAST_POINTS = 8;
/** A fall in accuracy below this is no setback, however many samples were counted. */
const LEAST_DROP = 0.05;
/** Deviations of one share from another that are put down to chance. */
const CHANCE = 2;
/** Deviations of the difference of two shares that are put down to chance. */
const DEVIATIONS = 3;
/** A loss that has doubled, and that has lost a quarter of what a constant answer leaves, is a setback. */
const SETBACK = { factor: 2, ofBaseline: 0.25 };

export function learningOf(input: LearningInput): Learning {
  const { windows, data, curves, summary, task } = input;
  const loss = summary.epochLoss ?? meanOfLastEpoch(input, curves.loss) ?? windows.at(-1)?.meanLoss ?? null;
  const baseline = data?.baselineLoss ?? windows[0]?.firstLoss ?? null;
  const skill = loss !== null && baseline !== null && baseline > 0 ? 1 - loss / baseline : null;
  const accuracy = task === 'regression' ? null : (summary.epochAccuracy ?? meanOfLastEpoch(input, curves.accuracy));
  const { neighbours } = data ?? {};
  const [reached, possible] = task === 'regression' ? [skill, neighbours?.r2] : [accuracy, neighbours?.accuracy];
  return {
    loss,
    baseline,
    skill,
    accuracy,
    constantAccuracy: task === 'classification' ? (data?.classShares?.[1] ?? null) : null,
    isAccuracyChance: isChance(accuracy, data),
    macroF1: summary.macroF1 ?? null,
    rarestShare: data?.rarestShare ?? null,
    shortfall: reached === null || possible === null || possible === undefined ? null : possible - reached,
    areNeighboursTelling: data?.features !== undefined && data.features <= FEW_FEATURES,
    fall: fallOf(curves.loss),
    setback: setbackOf(input, baseline),
  };
}

function isChance(accuracy: number | null, data: DataFigures | null): boolean {
  const constant = data?.classShares?.[1];
  const samples = data?.samples;
  if (accuracy === null || constant === undefined || samples === undefined) return false;
  return accuracy - constant <= CHANCE * Math.sqrt((constant * (1 - constant)) / samples);
}

const stepsPerEpoch = ({ plannedSteps, spec }: LearningInput): number =>
  Math.max(1, Math.round(plannedSteps / spec.training.epochs));

function meanOfLastEpoch(input: LearningInput, curve: Curve | undefined): number | null {
  const last = curve?.steps.at(-1);
  if (!curve || last === undefined) return null;
  const values = curve.values.filter((value, n) => value !== null && curve.steps[n]! > last - stepsPerEpoch(input));
  return mean(values as number[]);
}

function fallOf(curve: Curve | undefined): number | null {
  if (!curve || curve.steps.length < LEAST_POINTS) return null;
  const last = curve.steps.at(-1)!;
  const between = (from: number, to: number): number | null =>
    mean(
      curve.values.filter(
        (value, n) => value !== null && curve.steps[n]! > from * last && curve.steps[n]! <= to * last,
      ) as number[],
    );
  const third = between(0.5, 0.75),
    fourth = between(0.75, 1);
  return third === null || fourth === null || third <= 0 ? null : (third - fourth) / third;
}

/** Validation first; accuracy before the loss, since an overconfident network loses nothing that a user would miss. */
function setbackOf(input: LearningInput, baseline: number | null): Setback | null {
  const { curves, spec } = input;
  const samples = stepsPerEpoch(input) * spec.training.batchSize;
  const { validationSplit } = spec.dataset;
  if (input.task !== 'regression') {
    if (curves.valAccuracy)
      return dropIn('valAccuracy', curves.valAccuracy, (samples * validationSplit) / (1 - validationSplit));
    return curves.accuracy ? dropIn('accuracy', byEpoch(input, curves.accuracy), samples) : null;
  }
  if (baseline === null) return null;
  if (curves.valLoss) return riseIn('valLoss', curves.valLoss, baseline);
  return curves.loss ? riseIn('loss', byEpoch(input, curves.loss), baseline) : null;
}

function dropIn(of: Setback['of'], curve: Curve, samples: number): Setback | null {
  const points = pointsOf(curve);
  const last = points.at(-1)?.value;
  if (last === undefined || samples < 1) return null;
  const best = points.reduce((most, point) => (point.value > most.value ? point : most));
  const chance = DEVIATIONS * Math.sqrt((best.value * (1 - best.value) + last * (1 - last)) / samples);
  return best.value - last > Math.max(LEAST_DROP, chance) ? { of, best: best.value, bestStep: best.step, last } : null;
}

function riseIn(of: Setback['of'], curve: Curve, baseline: number): Setback | null {
  const points = pointsOf(curve);
  const last = points.at(-1)?.value;
  if (last === undefined) return null;
  const best = points.reduce((least, point) => (point.value < least.value ? point : least));
  return last > SETBACK.factor * best.value && last - best.value > SETBACK.ofBaseline * baseline
    ? { of, best: best.value, bestStep: best.step, last }
    : null;
}

/** Means over whole epochs, at the step of their last point. */
function byEpoch(input: LearningInput, curve: Curve): Curve {
  const length = stepsPerEpoch(input);
  const epochs = new Map<number, { step: number; value: number }[]>();
  for (const point of pointsOf(curve)) {
    const epoch = Math.ceil(point.step / length);
    epochs.set(epoch, [...(epochs.get(epoch) ?? []), point]);
  }
  const means = [...epochs.values()].map((points) => ({
    step: points.at(-1)!.step,
    value: mean(points.map(({ value }) => value))!,
  }));
  return { steps: means.map(({ step }) => step), values: means.map(({ value }) => value) };
}

const pointsOf = ({ steps, values }: Curve): { step: number; value: number }[] =>
  values.flatMap((value, n) => (value === null ? [] : [{ step: steps[n]!, value }]));

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
