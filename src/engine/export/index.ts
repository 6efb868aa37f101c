/**
 * Export formats of trained models, and the files of a model that TensorFlow.js loads by URL. A new format is one entry
 * here and one in MODEL_FORMATS.
 */
import type { ExportedModel } from '../../schemas/index.ts';
import type { ModelFile } from '../../vocabulary/index.ts';
import { modelAsJson } from './json-model.ts';
import { modelAsOnnx } from './onnx-model.ts';
import { modelAsTfjs, tfjsModelFile, tfjsWeights } from './tfjs-model.ts';
import type { TrainedModel } from './trained-model.ts';

export { numbers } from './json-model.ts';
export { modelAsWeights } from './weights.ts';
export type { TrainedModel } from './trained-model.ts';

interface ExportOptions {
  /** For `onnx`: the operator set; the lowest possible if it is not given. */
  opset?: number;
}

export const EXPORTS: Record<ModelFile, (model: TrainedModel, options?: ExportOptions) => ExportedModel> = {
  json: (model) => ({ bytes: modelAsJson(model), contentType: 'application/json', fileExtension: 'json' }),
  tfjs: (model) => ({ bytes: modelAsTfjs(model), contentType: 'application/json', fileExtension: 'tfjs.json' }),
  onnx: (model, options) => ({
    bytes: modelAsOnnx(model, options),
    contentType: 'application/octet-stream',
    fileExtension: 'onnx',
  }),
  'model.json': (model) => ({ bytes: tfjsModelFile(model), contentType: 'application/json', fileExtension: 'json' }),
  'weights.bin': (model) => ({
    bytes: tfjsWeights(model),
    contentType: 'application/octet-stream',
    fileExtension: 'bin',
  }),
};
