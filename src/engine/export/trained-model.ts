/** A trained network as exporters need it: its layers, its weights, and how its inputs and targets are normalised. */
import type { TrainingData } from '../../schemas/index.ts';
import type { Task } from '../../vocabulary/index.ts';
import type { NetworkState } from '../network.ts';
import type { ModelOutline, Tensor } from '../../model/outline.ts';

export interface TrainedModel {
  task: Task;
  outline: ModelOutline;
  state: Pick<NetworkState, 'step' | 'parameters' | 'statistics'>;
  normalization: TrainingData['normalization'];
  targetNormalization: TrainingData['targetNormalization'];
}

/** The activation that training keeps in the loss; one that the job gives to the output layer is a layer of its own. */
export const OUTPUT_ACTIVATIONS = {
  classification: 'softmax',
  multilabel: 'sigmoid',
  regression: 'linear',
} as const satisfies Record<Task, string>;

export const valuesOf = ({ state }: TrainedModel, { offset, size }: Tensor): Float32Array =>
  state.parameters.subarray(offset, offset + size);
