/**
 * After which epochs the neurons are judged, besides before the first step and at the end. The rule reads the job and
 * never the clock, so the same job has its verdicts at the same steps on every machine.
 */

/**
 * Nanoseconds of one training step and of one verdict, and of each weight that a sample is multiplied with. Measured
 * with the engine `onnx` on an AMD EPYC; the rule depends on their ratios only, which other machines share roughly.
 */
const STEP = { each: 45_000, perLayer: 18_000, perProduct: 0.1 };
const VERDICT = { each: 1_000_000, perNeuron: 30_000, perProduct: 0.1 };

/** Verdicts may take this share of the time of training. */
const TIME_SHARE = 0.05;
/**
 * In a short run they may take more: as many as fit into this time, which are all of up to 100 epochs, and of more epochs
 * at most `most`.
 */
const ALWAYS = { ns: 5e8, allOf: 100, most: 40 };
/** However long a verdict takes. */
const LEAST = 8;
const MOST = 200;
/** Verdicts times neurons: what is stored of a run, at about 100 bytes each, stays small. */
const MOST_STATES = 100_000;

/** What the costs of a run depend on. */
export interface JudgedRun {
  epochs: number;
  stepsPerEpoch: number;
  batchSize: number;
  parameters: number;
  hiddenLayers: number;
  hiddenNeurons: number;
  /** Samples that every verdict looks at. */
  samples: number;
}

/** The epochs, counted from 1, whose ends get a verdict. */
export function judgedEpochs(run: JudgedRun): ReadonlySet<number> {
  const { epochs } = run;
  const most = Math.max(LEAST, Math.min(affordable(run), Math.floor(MOST_STATES / Math.max(1, run.hiddenNeurons))));
  if (most >= epochs) return new Set(Array.from({ length: epochs }, (_, i) => i + 1));
  // One half grows geometrically from the first epoch on, because most deaths are early; the other half is even.
  const half = Math.floor(most / 2);
  return new Set(
    Array.from({ length: half }, (_, i) => [
      Math.round(epochs ** (i / half)),
      Math.round((epochs * (i + 1)) / half),
    ]).flat(),
  );
}

function affordable(run: JudgedRun): number {
  const { epochs, stepsPerEpoch, batchSize, parameters, hiddenLayers, hiddenNeurons, samples } = run;
  const step = STEP.each + STEP.perLayer * hiddenLayers + STEP.perProduct * parameters * batchSize;
  const verdict = VERDICT.each + VERDICT.perNeuron * hiddenNeurons + VERDICT.perProduct * parameters * samples;
  const within = (ns: number): number => Math.floor(ns / verdict);
  return Math.max(
    Math.min(MOST, within(TIME_SHARE * epochs * stepsPerEpoch * step)),
    Math.min(epochs <= ALWAYS.allOf ? epochs : ALWAYS.most, within(ALWAYS.ns)),
  );
}
