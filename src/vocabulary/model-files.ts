/** What a trained model can be exported as. */
export const MODEL_FORMATS = ['json', 'tfjs', 'onnx'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** The two files from which TensorFlow.js loads a model by its address; the first one names the second. */
export const TFJS_FILES = ['model.json', 'weights.bin'] as const;
export type ModelFile = ModelFormat | (typeof TFJS_FILES)[number];
