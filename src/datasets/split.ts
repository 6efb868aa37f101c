/** Which samples a run uses, and which of them it trains, validates and tests on. */
import { countParts } from '../jobs/dataset-shape.ts';
import { Random } from '../random.ts';
import type { DatasetSpec } from '../vocabulary/index.ts';

/** Ascending indices of samples. No sample is in two parts. */
export interface Split {
  trainIndices: Int32Array;
  validationIndices: Int32Array;
  /** Neither trained nor validated on; empty unless an uploaded data set has a fixed split. */
  testIndices: Int32Array;
}

/** The part of a sample in a fixed split. */
export const PARTS = { training: 0, validation: 1, test: 2 } as const;

type Options = Pick<DatasetSpec, 'seed' | 'limit' | 'validationSplit'>;

/**
 * The ascending places of the samples that the limit chooses at random out of `available`; null for all of them. A fixed
 * split, the part of every sample, keeps its proportions.
 */
export function choosePlaces(spec: Options, available: number, parts: Uint8Array | null): Int32Array | null {
  const { limit, seed } = spec;
  if (limit === null || limit >= available) return null;
  if (parts === null) return new Random(seed, 'choice').permutation(available).slice(0, limit).sort();
  const [training, validation, test] = partition(parts);
  const counts = countParts(spec, available, {
    trainingSamples: training.length,
    validationSamples: validation.length,
    testSamples: test.length,
  });
  // Without a validation part of its own, one is taken out of the training part later.
  const held = validation.length > 0 ? counts.validationSamples : 0;
  const wanted = [limit - held - counts.testSamples, held, counts.testSamples];
  const chosen = [training, validation, test].map((places, part) => {
    const order = new Random(seed, 'partChoice', part).permutation(places.length);
    return order.subarray(0, wanted[part]).map((k) => places[k]!);
  });
  return Int32Array.from(chosen.flatMap((places) => [...places])).sort();
}

/**
 * Splits the samples of a job: as its fixed split says, otherwise at random, stratified where `classes` gives each
 * sample's class. A fixed split without a validation part has it taken out of its training part.
 */
export function splitChosen(
  spec: Options,
  samples: number,
  classes: Int32Array | null,
  parts: Uint8Array | null,
): Split {
  const [training, validation, test] = parts ? partition(parts) : [allOf(samples), allOf(0), allOf(0)];
  if (validation.length > 0) return { trainIndices: training, validationIndices: validation, testIndices: test };
  const { validationSamples } = countParts({ ...spec, limit: null }, training.length, null);
  const within = splitSamples(
    training.length,
    validationSamples,
    spec.seed,
    classes && training.map((place) => classes[place]!),
  );
  const placesOf = (indices: Int32Array): Int32Array => indices.map((k) => training[k]!);
  return {
    trainIndices: placesOf(within.trainIndices),
    validationIndices: placesOf(within.validationIndices),
    testIndices: test,
  };
}

const allOf = (samples: number): Int32Array => Int32Array.from({ length: samples }, (_, place) => place);

/** The ascending places of each part. */
function partition(parts: Uint8Array): [training: Int32Array, validation: Int32Array, test: Int32Array] {
  const places = allOf(parts.length);
  const of = (part: number): Int32Array => places.filter((place) => parts[place] === part);
  return [of(PARTS.training), of(PARTS.validation), of(PARTS.test)];
}

/**
 * Chooses `validationSamples` out of `samples` at random, stratified where `classes` gives each sample's class. Both
 * parts are ascending.
 */
function splitSamples(
  samples: number,
  validationSamples: number,
  seed: number,
  classes: Int32Array | null,
): Pick<Split, 'trainIndices' | 'validationIndices'> {
  const order = new Random(seed, 'split').permutation(samples);
  const mixed = classes === null ? order : stratify(order, classes);
  return {
    validationIndices: mixed.slice(0, validationSamples).sort(),
    trainIndices: mixed.slice(validationSamples).sort(),
  };
}

/**
 * Reorders the samples so that every prefix of the list has each class in proportion, to within one sample: the k-th of
 * a class's n samples is placed at (k + 1/2) / n of the list.
 */
function stratify(order: Int32Array, classes: Int32Array): Int32Array {
  const sizes = new Map<number, number>(),
    seen = new Map<number, number>();
  for (const index of classes) sizes.set(index, (sizes.get(index) ?? 0) + 1);
  const places = new Float64Array(order.length);
  for (const sample of order) {
    const index = classes[sample] as number;
    const k = seen.get(index) ?? 0;
    places[sample] = (k + 0.5) / (sizes.get(index) as number);
    seen.set(index, k + 1);
  }
  return order.slice().sort((a, b) => (places[a] as number) - (places[b] as number));
}
