/** Trained models: exports and predictions. */
import { Type } from 'typebox';
import { RelumineError, type ErrorDetail } from '../errors.ts';
import { buffersOf } from '../bodies/readings.ts';
import { nameFirst } from '../jobs/index.ts';
import {
  checkpointChoice,
  ErrorRef,
  EvaluationAnswerSchema,
  PredictBodySchema,
  PredictionSchema,
} from '../schemas/index.ts';
import {
  MODEL_FORMATS,
  ONNX_OPSETS,
  TFJS_FILES,
  type CheckpointSelector,
  type ModelFile,
  type Run,
} from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { modelOpener } from './open-model.ts';
import { answers, leaveBody, RunParams, whileConnected, type Routes } from './route.ts';
import { sendWrittenJson } from './table-answer.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['models'];
/** The most output values of one prediction; more rows take several requests. */
const MOST_OUTPUTS = 5_000_000;

const choice = Type.Optional(
  checkpointChoice(
    '`best`: the weights of the best epoch, by training.stopping.metric or by the validation loss. `final`: the newest ones, which at the end of the run are the final ones. Or the step of a checkpoint that is kept.',
  ),
);
/** The response header that says which weights a model file has. */
const STEP_HEADER = 'x-checkpoint-step';

/** The media types of model files. */
const MODEL_TYPES = {
  'application/json': { schema: Type.Unsafe<Uint8Array>({ type: 'object', additionalProperties: true }) },
  'application/octet-stream': { schema: Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' }) },
};
const TFJS_WORDS = {
  'model.json': {
    type: 'application/json',
    summary: 'The trained model, for tf.loadLayersModel(url)',
    description: 'TensorFlow.js loads the model from the address of this file. The model takes raw rows.',
  },
  'weights.bin': {
    type: 'application/octet-stream',
    summary: 'The weights file named in model.json',
    description: 'float32, one tensor after another.',
  },
} as const;

export const models: Routes = async (app, { store, questions, bodies }) => {
  const { findRun } = openDoor(store);
  const openModel = modelOpener(store);

  app.get(
    '/v1/runs/:id/model',
    {
      schema: {
        tags,
        summary: 'Download the trained model',
        description:
          'From the final or the best checkpoint; the header `x-checkpoint-step` says of which step. It needs no data set: the checkpoint holds the normalisation of the inputs.',
        params: RunParams,
        querystring: Type.Object({
          checkpoint: choice,
          format: Type.Optional(
            Type.Enum(MODEL_FORMATS, {
              default: 'json',
              description:
                '`json`: weights and layers as plain numbers, with the normalisation of the inputs. `tfjs`: a LayersModel of TensorFlow.js in one file, see docs/models.md; to load a model by URL, use `/v1/runs/{id}/model/tfjs/model.json`. `onnx`: an inference graph from `input` to `output`. All of them take raw rows; `tfjs` and `onnx` normalise them in the model itself.',
            }),
          ),
          opset: Type.Optional(
            Type.Integer({
              minimum: ONNX_OPSETS.lowest,
              maximum: ONNX_OPSETS.highest,
              description:
                'Only with `format=onnx`: the version of the operator set. Default: the lowest that has every operator of the model.',
            }),
          ),
        }),
        response: { ...answers(404, ErrorRef, 409), 200: { content: MODEL_TYPES } },
      },
    },
    async (request, reply) => {
      const { checkpoint, format = 'json', opset } = request.query;
      if (opset !== undefined && format !== 'onnx')
        throw wrong({ path: 'opset', message: 'is only for format=onnx', expected: 'no opset, or format=onnx' });
      const run = await findRun(request);
      const { bytes, step, contentType, fileExtension } = await exportModel(
        run,
        checkpoint,
        format,
        whileConnected(reply),
        opset,
      );
      return reply
        .type(contentType)
        .header(STEP_HEADER, step)
        .header('content-disposition', `attachment; filename="${run.id}.${fileExtension}"`)
        .send(bytes);
    },
  );

  for (const file of TFJS_FILES) {
    const { type, ...words } = TFJS_WORDS[file];
    app.get(
      `/v1/runs/:id/model/tfjs/${file}`,
      {
        schema: {
          tags,
          ...words,
          params: RunParams,
          // TensorFlow.js asks for the weights with the query of the model's address, which may be format=tfjs.
          querystring: Type.Object({ checkpoint: choice }, { additionalProperties: true }),
          response: { ...answers(404, ErrorRef, 409), 200: { content: { [type]: MODEL_TYPES[type] } } },
        },
      },
      async (request, reply) => {
        const { bytes, step, contentType } = await exportModel(
          await findRun(request),
          request.query.checkpoint,
          file,
          whileConnected(reply),
        );
        return reply.type(contentType).header(STEP_HEADER, step).send(bytes);
      },
    );
  }

  app.get(
    '/v1/runs/:id/evaluation',
    {
      schema: {
        tags,
        summary: 'Get the scores of the trained model',
        description:
          'Loss and accuracy, R² or macro F1, and recall and precision of every class: of the weights at the end of training, measured on the validation part, or on the training part of a run without one.',
        params: RunParams,
        response: answers(200, EvaluationAnswerSchema, 404),
      },
    },
    async (request) => {
      const { id } = await findRun(request);
      const evaluation = await store.runs.evaluation(id);
      if (!evaluation)
        throw new RelumineError(
          'EVALUATION_NOT_FOUND',
          'This run has no evaluation yet. It is stored when the run ends or is paused.',
        );
      return { object: 'evaluation' as const, runId: id, ...evaluation };
    },
  );

  app.post(
    '/v1/runs/:id/predict',
    {
      schema: {
        tags,
        summary: 'Predict with the trained model',
        description:
          'Takes `rows` of values by the names of the columns, as in the files of the data set, or `inputs`: rows of numbers, one per input. Returns one row of outputs for each, with the names of classes.',
        params: RunParams,
        querystring: Type.Object({ checkpoint: choice }),
        body: { ...PredictBodySchema, examples: [{ inputs: [[0.5, -0.5]] }, { rows: [{ x1: 0.5, x2: -0.5 }] }] },
        response: answers(200, PredictionSchema, 404, 409),
      },
      config: { takesLargeBody: true },
      validatorCompiler: leaveBody(app),
    },
    async (request, reply) => {
      const run = await findRun(request);
      const { trained, task, features, outputNames } = await openModel(run, request.query.checkpoint);
      const mostRows = Math.floor(MOST_OUTPUTS / outputNames.length);
      const signal = whileConnected(reply);
      const rows = await bodies.read('prediction', request.body, { features, mostRows }, signal);
      const given = buffersOf(rows);
      const question = { ...trained, ...rows, features, task, outputNames };
      const { json } = await questions.ask('predict', question, given, { signal });
      return sendWrittenJson(reply, json);
    },
  );

  async function exportModel(
    run: Run,
    choice: CheckpointSelector | undefined,
    file: ModelFile,
    signal: AbortSignal,
    opset?: number,
  ) {
    const { trained, step } = await openModel(run, choice);
    const { bytes, ...exported } = await questions.ask('exportModel', { ...trained, file, opset }, [], { signal });
    return { ...exported, step, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  }
};

const wrong = (detail: ErrorDetail) =>
  new RelumineError('INVALID_REQUEST', `The request is not valid: ${nameFirst([detail])}`, { details: [detail] });
