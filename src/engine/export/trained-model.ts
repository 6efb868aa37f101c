/** A network as the export formats see it: its layers, its numbers, and how its inputs are normalised. */
import type { Task, TrainingData } from '../../schemas/index.ts';
import type { NetworkState } from '../network.ts';
import type { ModelOutline, Tensor } from '../../model/outline.ts';

export interface TrainedModel {
  task: Task;
  plan: ModelOutline;
  state: Pick<NetworkState, 'step' | 'parameters' | 'statistics'>;
  normalization: TrainingData['normalization'];
}

/** What turns the last dense layer's output into the model's. */
export const OUTPUT_ACTIVATIONS = {
  classification: 'softmax',
  multilabel: 'sigmoid',
  regression: 'linear',
} as const satisfies Record<Task, string>;

export const valuesOf = ({ state }: TrainedModel, { offset, size }: Tensor): Float32Array =>
  state.parameters.subarray(offset, offset + size);
