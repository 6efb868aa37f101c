/**
 * A network on any executor: turns chunks, evaluations and inspections into runs of its programs, and their results
 * into plain numbers.
 */
import { RunFailure } from '../../errors.ts';
import {
  confusionSize,
  type InitialWeights,
  type RunEngine,
  type ModelSpec,
  type SnapshotLayer,
  type TrainingSpec,
} from '../../vocabulary/index.ts';
import { dropoutMasks, maskName } from '../math/dropout.ts';
import type { BackwardPass, Inspection, LayerStatistics, LayerWeights } from '../../model/measurements.ts';
import type { Chunk, ChunkResult, Evaluation, Network, NetworkState, OutputSums, TrainingData } from '../network.ts';
import { flushDenormals } from '../denormals.ts';
import type { Executable, Executor } from '../executors/executor.ts';
import { activationsName, INSPECTION_MAXIMA, INSPECTION_SUMS } from './frozen-programs.ts';
import { initialState, layerWeights } from '../model/initial-state.ts';
import type { ModelOutline, OutlinedDropout } from '../../model/outline.ts';
import { dataArrays, EVALUATION_ROWS, planNetwork, type NetworkPrograms } from './plan-network.ts';
import { optimizerScalars } from '../math/optimizers.ts';
import { PROBES, slotName } from './training-step.ts';

export interface OpenOptions {
  /** Of this network, if they are at hand. */
  programs?: NetworkPrograms;
  /** To continue from. */
  state?: NetworkState | null;
  /** Why this executor was chosen. */
  reason?: string;
  /** That share the work of a step. */
  threads?: number;
}

/**
 * Opens a network on an executor that is available, at `state` if one is given. Otherwise its first state comes from
 * the model's `initialWeights`, if it has any, or from the initializers and the seed.
 */
export async function openNetworkOn(
  executor: Executor,
  model: ModelSpec,
  training: TrainingSpec,
  data: TrainingData,
  options: OpenOptions = {},
): Promise<Network> {
  const { programs = planNetwork(model, training, data), state: resumed = null, reason, threads = 1 } = options;
  await flushDenormals();
  const availability = await executor.availability();
  if (resumed) demandFit(programs, resumed);
  const state = resumed ?? initialState(programs.outline, programs.slotCount, training.seed, loaded(model));
  const executable = await executor.open(programs.all, dataArrays(data), executorStates(programs, state), threads);
  const engine = { name: executor.name, version: executor.version, backend: availability.backend, reason, threads };
  return new ProgramNetwork(engine, programs, training, data, executable, state.step);
}

/** Steps per run of a frozen program, so that other work gets its turn between two runs. */
const EVALUATION_STEPS = 8;

class ProgramNetwork implements Network {
  readonly engine: RunEngine;
  readonly hiddenLayers: readonly SnapshotLayer[];
  readonly #programs: NetworkPrograms;
  readonly #training: TrainingSpec;
  readonly #data: TrainingData;
  readonly #executable: Executable;
  readonly #dropoutLayers: OutlinedDropout[];
  #step: number;

  constructor(
    engine: RunEngine,
    programs: NetworkPrograms,
    training: TrainingSpec,
    data: TrainingData,
    executable: Executable,
    step: number,
  ) {
    this.engine = engine;
    this.hiddenLayers = programs.outline.watched.map(({ name, units, activation: { type: activation } }) => ({
      name,
      units,
      activation,
    }));
    this.#programs = programs;
    this.#training = training;
    this.#data = data;
    this.#executable = executable;
    this.#step = step;
    this.#dropoutLayers = programs.outline.layers.filter(
      (layer): layer is OutlinedDropout => layer.type === 'dropout' || layer.type === 'alphaDropout',
    );
  }

  get #outline(): ModelOutline {
    return this.#programs.outline;
  }
  get hiddenNeurons(): number {
    return this.#outline.watchedUnits;
  }
  get parameterCount(): number {
    return this.#outline.parameterCount;
  }

  async train(chunk: Chunk): Promise<ChunkResult> {
    const { batchSize, indices, learningRates } = chunk;
    const steps = learningRates.length;
    if (steps === 0 || indices.length !== steps * batchSize)
      throw new RangeError(`${indices.length} indices do not make ${steps} batches of ${batchSize}.`);
    const inputs = {
      indices,
      inverseBatch: inverseBatches(steps, batchSize),
      ...optimizerScalars(this.#training.optimizer, learningRates, this.#step + 1),
      ...this.#masks(steps, batchSize),
    };
    const probeCount = PROBES.length * this.#outline.watchedUnits;
    if (probeCount > 0) this.#executable.writeState('probes', new Float32Array(probeCount));
    const outputs = await this.#executable.run({ program: 'train', steps, batchSize, inputs });
    this.#step += steps;
    const probes = groups(PROBES, probeCount > 0 ? this.#executable.readState('probes') : new Float32Array(0));
    return {
      losses: lostAfterInfiniteGradients(measured(outputs, 'loss'), measured(outputs, 'gradientNorm')),
      gradientNorms: measured(outputs, 'gradientNorm'),
      correct: outputs.correct ?? new Float32Array(steps),
      samples: steps * batchSize,
      fired: Float64Array.from(probes.fired),
      sumAbs: Float64Array.from(probes.sumAbs),
      sumAbsGradient: Float64Array.from(probes.sumAbsGradient, (sum) => sum * batchSize),
    };
  }

  async evaluate(indices: Int32Array): Promise<Evaluation> {
    const { task, outputCount } = this.#data;
    let [loss, correct] = [0, 0];
    const ofRegression = new Float64Array(task === 'regression' ? outputCount : 0);
    const ofClasses = new Float64Array(task === 'regression' ? 0 : outputCount);
    const sums: OutputSums = {
      squaredErrors: ofRegression,
      predicted: ofClasses,
      hits: ofClasses.slice(),
      confusion: new Float64Array(confusionSize(task, outputCount)),
    };
    await this.#overRows(indices.length, async (start, steps, rows) => {
      const inputs = { indices: indices.slice(start, start + steps * rows), inverseBatch: inverseBatches(steps, rows) };
      const outputs = await this.#executable.run({ program: 'evaluate', steps, batchSize: rows, inputs });
      loss += sum(measured(outputs, 'loss')) * rows;
      correct += outputs.correct ? sum(outputs.correct) : 0;
      addSums(sums, outputs);
    });
    const weight = this.#weightOf(indices);
    return {
      loss: loss / weight,
      weight,
      accuracy: task === 'regression' ? null : correct / indices.length,
      sums,
    };
  }

  async inspect(indices: Int32Array): Promise<Inspection> {
    const neurons = this.#outline.watchedUnits;
    if (neurons === 0) return { samples: indices.length, layers: [] };
    this.#executable.writeState('inspectionSums', new Float32Array(INSPECTION_SUMS.length * neurons));
    this.#executable.writeState(
      'inspectionMaxima',
      new Float32Array(INSPECTION_MAXIMA.length * neurons).fill(-Infinity),
    );
    await this.#overRows(indices.length, async (start, steps, rows) => {
      await this.#executable.run({
        program: 'inspect',
        steps,
        batchSize: rows,
        inputs: { indices: indices.slice(start, start + steps * rows) },
      });
    });
    const sums = groups(INSPECTION_SUMS, this.#executable.readState('inspectionSums'));
    const maxima = groups(INSPECTION_MAXIMA, this.#executable.readState('inspectionMaxima'));
    let first = 0;
    const layers = this.hiddenLayers.map(({ name, units, activation }): LayerStatistics => {
      const of = (values: Float32Array): Float32Array => values.slice(first, first + units);
      const statistics = {
        name,
        units,
        activation,
        fired: Float64Array.from(of(sums.fired)),
        nonZero: Float64Array.from(of(sums.nonZero)),
        sumAbs: Float64Array.from(of(sums.sumAbs)),
        saturated: Float64Array.from(of(sums.saturated)),
        sumAbsGradient: Float64Array.from(of(sums.sumAbsGradient)),
        minPreActivation: of(maxima.minusMinPreActivation).map(negated),
        maxPreActivation: of(maxima.maxPreActivation),
        minOutput: of(maxima.minusMinOutput).map(negated),
        maxOutput: of(maxima.maxOutput),
        maxAbsGradient: of(maxima.maxAbsGradient),
      };
      first += units;
      return statistics;
    });
    return { samples: indices.length, layers };
  }

  async backward(indices: Int32Array): Promise<BackwardPass> {
    const rows = indices.length;
    const inputs = { indices, inverseBatch: inverseBatches(1, rows) };
    const outputs = await this.#executable.run({ program: 'backward', steps: 1, batchSize: rows, inputs });
    return {
      samples: rows,
      gradients: layerWeights(this.#outline, measured(outputs, 'gradient')),
      activations: this.hiddenLayers.map((_, layer) => measured(outputs, activationsName(layer))),
    };
  }

  async predict(inputs: Float32Array): Promise<Float32Array> {
    const { featureCount, outputCount } = this.#data;
    if (inputs.length % featureCount !== 0)
      throw new RangeError(`${inputs.length} values do not make rows of ${featureCount} features.`);
    const count = inputs.length / featureCount;
    const predictions = new Float32Array(count * outputCount);
    await this.#overRows(count, async (start, steps, rows) => {
      const part = inputs.slice(start * featureCount, (start + steps * rows) * featureCount);
      const outputs = await this.#executable.run({
        program: 'predict',
        steps,
        batchSize: rows,
        inputs: { rows: part },
      });
      predictions.set(measured(outputs, 'predictions'), start * outputCount);
    });
    return predictions;
  }

  weights(): LayerWeights[] {
    return layerWeights(this.#outline, this.#executable.readState('parameters'));
  }

  readState(): NetworkState {
    const { slotCount, outline } = this.#programs;
    const slots = new Float32Array(slotCount * outline.parameterCount);
    for (let slot = 0; slot < slotCount; slot++)
      slots.set(this.#executable.readState(slotName(slot)), slot * outline.parameterCount);
    const statistics = outline.statisticCount > 0 ? this.#executable.readState('statistics') : new Float32Array(0);
    return { step: this.#step, parameters: this.#executable.readState('parameters'), slots, statistics };
  }

  writeState(state: NetworkState): void {
    demandFit(this.#programs, state);
    for (const [name, values] of trainedStates(this.#programs, state)) this.#executable.writeState(name, values);
    this.#step = state.step;
  }

  close(): Promise<void> {
    return this.#executable.close();
  }

  #weightOf(indices: Int32Array): number {
    const { task, classWeights, targets } = this.#data;
    if (task !== 'classification' || classWeights === null) return indices.length;
    return indices.reduce((total, sample) => total + classWeights[targets[sample]!]!, 0);
  }

  #masks(steps: number, batchSize: number): Record<string, Uint8Array> {
    return Object.fromEntries(
      this.#dropoutLayers.map((layer, position) => [
        maskName(layer),
        dropoutMasks(layer, position, this.#training.seed, this.#step, steps, batchSize),
      ]),
    );
  }

  /** Covers `count` rows in order, in runs of equal batches and a last one for the remainder. */
  async #overRows(count: number, run: (start: number, steps: number, rows: number) => Promise<void>): Promise<void> {
    const whole = Math.floor(count / EVALUATION_ROWS);
    for (let step = 0; step < whole; step += EVALUATION_STEPS)
      await run(step * EVALUATION_ROWS, Math.min(EVALUATION_STEPS, whole - step), EVALUATION_ROWS);
    if (count % EVALUATION_ROWS > 0) await run(whole * EVALUATION_ROWS, 1, count % EVALUATION_ROWS);
  }
}

/** Adds those of each step. */
function addSums(sums: OutputSums, outputs: Readonly<Record<string, Float32Array>>): void {
  for (const name of ['squaredErrors', 'predicted', 'hits', 'confusion'] as const) {
    const total = sums[name];
    outputs[name]?.forEach((value, index) => {
      const output = index % total.length;
      total[output] = (total[output] as number) + value;
    });
  }
}

const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);
/** Without turning 0 into -0. */
const negated = (value: number): number => 0 - value;
const inverseBatches = (steps: number, batchSize: number): Float32Array => new Float32Array(steps).fill(1 / batchSize);

/** The groups of a vector, all of the same length, by name. */
function groups<Name extends string>(names: readonly Name[], values: Float32Array): Record<Name, Float32Array> {
  const size = values.length / names.length;
  return Object.fromEntries(
    names.map((name, index) => [name, values.subarray(index * size, (index + 1) * size)]),
  ) as Record<Name, Float32Array>;
}

/**
 * An update by a gradient with a norm that is not finite destroys the weights, even if later losses are finite because
 * ReLU kernels turn NaN into 0.
 */
function lostAfterInfiniteGradients(losses: Float32Array, gradientNorms: Float32Array): Float32Array {
  const isLost = !gradientNorms.every(Number.isFinite);
  return isLost ? losses.map((loss, step) => (Number.isFinite(gradientNorms[step]) ? loss : Number.NaN)) : losses;
}

function demandFit({ outline, slotCount }: NetworkPrograms, state: NetworkState): void {
  const expected = {
    parameters: outline.parameterCount,
    slots: state.slots.length === 0 ? 0 : slotCount * outline.parameterCount,
    statistics: outline.statisticCount,
  };
  for (const part of ['parameters', 'slots', 'statistics'] as const) {
    if (state[part].length !== expected[part])
      throw new RunFailure(
        'CHECKPOINT_UNREADABLE',
        `The checkpoint belongs to another network: it has ${state[part].length} ${part}, but this network has ${expected[part]}. Submit the job again to train from the beginning.`,
      );
  }
}

/** The states that training changes permanently, by the executor's names. */
function trainedStates(
  { outline, slotCount }: NetworkPrograms,
  { parameters, slots, statistics }: NetworkState,
): [name: string, values: Float32Array][] {
  const count = outline.parameterCount;
  return [
    ['parameters', parameters],
    ...Array.from({ length: slotCount }, (_, slot): [string, Float32Array] => [
      slotName(slot),
      slots.length === 0 ? new Float32Array(count) : slots.subarray(slot * count, (slot + 1) * count),
    ]),
    ...(outline.statisticCount > 0 ? [['statistics', statistics] satisfies [string, Float32Array]] : []),
  ];
}

/** A network's state as states of the executor, including the sums of its programs. */
function executorStates(programs: NetworkPrograms, state: NetworkState): Record<string, Float32Array> {
  const { watchedUnits } = programs.outline;
  const sums = { probes: PROBES, inspectionSums: INSPECTION_SUMS, inspectionMaxima: INSPECTION_MAXIMA };
  return Object.fromEntries([
    ...trainedStates(programs, state),
    ...(watchedUnits > 0
      ? Object.entries(sums).map(([name, group]) => [name, new Float32Array(group.length * watchedUnits)] as const)
      : []),
  ]);
}

function measured(outputs: Readonly<Record<string, Float32Array>>, name: string): Float32Array {
  const values = outputs[name];
  if (!values) throw new TypeError(`The program has no output ${name}.`);
  return values;
}

/** Throws a RangeError if they are kept apart: whoever opens the network loads them first. */
function loaded({ initialWeights }: Pick<ModelSpec, 'initialWeights'>): InitialWeights | undefined {
  if (initialWeights && !('kernels' in initialWeights)) throw new RangeError('The initial weights were not loaded.');
  return initialWeights;
}
