/** What is known about a network before it is opened: its outline, its programs and its needs. */
import { RelumineError } from '../../errors.ts';
import type { ModelSpec, TrainingSpec } from '../../vocabulary/index.ts';
import type { TrainingData } from '../network.ts';
import type { HostArray } from '../executors/executor.ts';
import { buildBackward, buildEvaluate, buildInspect, buildPredict } from './frozen-programs.ts';
import { outlineModel, type ModelOutline } from '../../model/outline.ts';
import { slotCountOf } from '../math/optimizers.ts';
import { routineOf, type Routine } from '../program/program.ts';
import { buildTrainingStep } from './training-step.ts';

/** Rows of one evaluation step: enough to keep the kernels busy, few enough to keep a step short. */
export const EVALUATION_ROWS = 512;
/** The most rows of a pass backward with frozen weights, which is one step. */
export const BACKWARD_ROWS = 256;

export interface NetworkPrograms {
  outline: ModelOutline;
  /** Vectors that the optimizer keeps, each as long as the parameters. */
  slotCount: number;
  all: Routine[];
}

export function planNetwork(model: ModelSpec, training: TrainingSpec, data: TrainingData): NetworkPrograms {
  if (training.loss === 'softmaxCrossEntropy' && data.task !== 'classification') {
    throw new RelumineError('INVALID_JOB', 'softmaxCrossEntropy needs class targets.', {
      details: [{ path: 'training.loss', message: `does not fit the task ${data.task}` }],
    });
  }
  const outline = outlineModel(model, [data.featureCount], data.outputCount);
  const spec = {
    outline,
    training,
    data: { ...data, inputType: data.inputs instanceof Uint8Array ? 'uint8' : 'float32' },
  } as const;
  const inspect = buildInspect(spec);
  const all = [
    buildTrainingStep(spec),
    routineOf(buildEvaluate(spec), EVALUATION_ROWS),
    ...(inspect ? [routineOf(inspect, EVALUATION_ROWS)] : []),
    routineOf(buildBackward(spec), BACKWARD_ROWS),
    routineOf(buildPredict(spec), EVALUATION_ROWS),
  ];
  return { outline, slotCount: slotCountOf(training.optimizer), all };
}

/**
 * The data as the programs take it: class targets as int32, all others as float32. Copied only where the type differs.
 */
export function dataArrays({ task, inputs, targets }: TrainingData): Record<'inputs' | 'targets', HostArray> {
  const isClass = task === 'classification';
  if (isClass === targets instanceof Int32Array) return { inputs, targets };
  return { inputs, targets: isClass ? Int32Array.from(targets) : Float32Array.from(targets) };
}
