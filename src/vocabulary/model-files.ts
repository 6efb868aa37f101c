/** The export formats of a trained model. */
export const MODEL_FORMATS = ['json', 'tfjs', 'onnx'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/**
 * ONNX operator sets that a model can be exported for. Opset 9 is the first whose files need not list the weights as
 * inputs; opset 20 is the last that added an operator we use.
 */
export const ONNX_OPSETS = { lowest: 9, highest: 20 } as const;

/** The two files from which TensorFlow.js loads a model by its address; the first one names the second. */
export const TFJS_FILES = ['model.json', 'weights.bin'] as const;
export type ModelFile = ModelFormat | (typeof TFJS_FILES)[number];

/** The layer of an exported model that turns normalised outputs into the targets' own unit. It is last, and not learned. */
export const DENORMALIZATION = 'denormalization';

/** Whose weights a model has: those of the best epoch, or the newest ones, which at the end are the final ones. */
export const CHECKPOINT_CHOICES = ['best', 'final'] as const;
export type CheckpointChoice = (typeof CHECKPOINT_CHOICES)[number];
/** A checkpoint by its name or its step. */
export type CheckpointSelector = CheckpointChoice | number;
