/** What a trained model can be exported as. */
export const MODEL_FORMATS = ['json', 'tfjs', 'onnx'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/**
 * ONNX operator sets that a model can be exported for. Opset 9 is the first whose files need not list the weights as
 * inputs; opset 20 the last that brought an operator of ours.
 */
export const ONNX_OPSETS = { lowest: 9, highest: 20 } as const;

/** The two files from which TensorFlow.js loads a model by its address; the first one names the second. */
export const TFJS_FILES = ['model.json', 'weights.bin'] as const;
export type ModelFile = ModelFormat | (typeof TFJS_FILES)[number];
