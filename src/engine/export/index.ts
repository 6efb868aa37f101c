/**
 * The formats in which a trained model leaves the service; a new one is one entry here and in MODEL_FORMATS. Beside
 * them the files of a model that is loaded by its address.
 */
import type { ExportedModel, ModelFile } from '../../schemas/index.ts';
import { modelAsJson } from './json-model.ts';
import { modelAsOnnx } from './onnx-model.ts';
import { modelAsTfjs, tfjsModelFile, tfjsWeights } from './tfjs-model.ts';
import type { TrainedModel } from './trained-model.ts';

export type { TrainedModel } from './trained-model.ts';

export const EXPORTS: Record<ModelFile, (model: TrainedModel) => ExportedModel> = {
  json: (model) => ({ bytes: modelAsJson(model), contentType: 'application/json', fileExtension: 'json' }),
  tfjs: (model) => ({ bytes: modelAsTfjs(model), contentType: 'application/json', fileExtension: 'tfjs.json' }),
  onnx: (model) => ({ bytes: modelAsOnnx(model), contentType: 'application/octet-stream', fileExtension: 'onnx' }),
  'model.json': (model) => ({ bytes: tfjsModelFile(model), contentType: 'application/json', fileExtension: 'json' }),
  'weights.bin': (model) => ({
    bytes: tfjsWeights(model),
    contentType: 'application/octet-stream',
    fileExtension: 'bin',
  }),
};
