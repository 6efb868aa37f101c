/** A trained network as exporters need it: its layers, its weights, and how its inputs and targets are normalised. */
import type { TrainingData } from '../../schemas/index.ts';
import { inputNames, type Preparation, type Task } from '../../vocabulary/index.ts';
import type { NetworkState } from '../network.ts';
import type { ModelOutline, Tensor } from '../../model/outline.ts';

export interface TrainedModel {
  task: Task;
  outline: ModelOutline;
  state: Pick<NetworkState, 'step' | 'parameters' | 'statistics'>;
  normalization: TrainingData['normalization'];
  targetNormalization: TrainingData['targetNormalization'];
  /** Null where the checkpoint has no names. */
  preparation: Preparation | null;
}

/** What a program must know to use the model's inputs and outputs by name. */
export function namesOf({ preparation }: Pick<TrainedModel, 'preparation'>): ModelNames | null {
  if (preparation === null) return null;
  return { inputNames: inputNames(preparation), outputNames: preparation.outputs, preparation };
}
interface ModelNames {
  /** One per input, such as `age` or `species=Adelie`. */
  inputNames: string[];
  /** One per output: classes, labels, or targets of a regression. */
  outputNames: string[];
  /** How rows of named columns become the inputs. */
  preparation: Preparation;
}

/** The activation that training keeps in the loss; one that the job gives to the output layer is a layer of its own. */
export const OUTPUT_ACTIVATIONS = {
  classification: 'softmax',
  multilabel: 'sigmoid',
  regression: 'linear',
} as const satisfies Record<Task, string>;

export const valuesOf = ({ state }: TrainedModel, { offset, size }: Tensor): Float32Array =>
  state.parameters.subarray(offset, offset + size);
