/** Samples of a run's data, and what its model takes them for. */
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import { checkpointChoice, ConfusionAnswerSchema, SamplesAnswerSchema, type RunData } from '../schemas/index.ts';
import { dataOf, needsData } from '../store/job-data.ts';
import { DATA_PARTS, type Run } from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { modelOpener } from './open-model.ts';
import { answers, RunParams, whileConnected, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['models'];
const part = Type.Optional(
  Type.Enum(DATA_PARTS, {
    description:
      'Default: the validation part, or the training part of a run without one. `test`: of a data set with a fixed split.',
  }),
);
const classIndex = Type.Integer({ minimum: 0, maximum: 1_000_000 });

export const samples: Routes = async (app, { store, questions }) => {
  const { findRun } = openDoor(store);
  const openModel = modelOpener(store);

  app.get(
    '/v1/runs/:id/confusion',
    {
      schema: {
        tags,
        summary: 'Get the confusion matrix, and the samples behind a cell',
        description:
          "Classification: how many samples of each class the model puts into each class. Computed from the checkpoint and the run's data set, which must still be there.",
        params: RunParams,
        querystring: Type.Object({
          checkpoint: Type.Optional(
            checkpointChoice('The best or the final checkpoint, or the step of one that is kept.'),
          ),
          part,
          actual: Type.Optional({
            ...classIndex,
            description: 'With `predicted`: the cell whose samples are returned.',
          }),
          predicted: Type.Optional({ ...classIndex, description: 'With `actual`.' }),
          limit: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 200, default: 24, description: 'The most samples of the cell.' }),
          ),
        }),
        response: answers(200, ConfusionAnswerSchema, 404, 409),
      },
    },
    async (request, reply) => {
      const { checkpoint, part: wanted = null, actual, predicted, limit = 24 } = request.query;
      if ((actual === undefined) !== (predicted === undefined)) {
        const path = actual === undefined ? 'actual' : 'predicted';
        throw new RelumineError(
          'INVALID_REQUEST',
          `The request is not valid: ${path} is required, because a cell has two classes.`,
          {
            details: [{ path, message: 'is required', expected: 'actual and predicted' }],
          },
        );
      }
      const run = await findRun(request);
      await demandDataset(run);
      const { trained, step } = await openModel(run, checkpoint);
      const key = JSON.stringify([run.id, step, wanted]);
      const cell = actual === undefined || predicted === undefined ? null : { actual, predicted, limit };
      const signal = whileConnected(reply);
      const known = await questions.ask('confusion', { key, run: null, part: wanted, cell }, [], { signal });
      const found =
        known ??
        (await questions.ask(
          'confusion',
          { key, run: { ...trained, data: await runData(run) }, part: wanted, cell },
          [],
          { signal },
        ));
      if (!found) throw new TypeError('The confusion matrix of a whole run is never unknown.');
      return { object: 'confusion' as const, runId: run.id, ...found };
    },
  );

  app.get(
    '/v1/runs/:id/samples',
    {
      schema: {
        tags,
        summary: "Get samples of the run's data",
        description:
          'As the run trains on them: encoded, but not normalised, so that `predict` takes them. Spread evenly over the part; at most 1,000,000 numbers.',
        params: RunParams,
        querystring: Type.Object({
          part,
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 500 })),
        }),
        response: answers(200, SamplesAnswerSchema, 404, 409),
      },
    },
    async (request, reply) => {
      const { part: wanted = null, limit = 500 } = request.query;
      const run = await findRun(request);
      const found = await questions.ask('samples', { data: await runData(run), part: wanted, limit }, [], {
        signal: whileConnected(reply),
      });
      return { object: 'samples' as const, runId: run.id, ...found };
    },
  );

  async function runData({ spec }: Run): Promise<RunData['data']> {
    const stored = await dataOf(store, spec);
    if (needsData(spec.dataset) && !stored) throw deleted();
    return { spec: spec.dataset, stored };
  }

  /** The question thread may still know the samples of a data set that was deleted. */
  async function demandDataset({ spec: { dataset } }: Run): Promise<void> {
    if (dataset.id !== undefined && !(await store.datasets.info(dataset.id))) throw deleted();
  }
};

const deleted = () =>
  new RelumineError(
    'DATASET_NOT_FOUND',
    "This run's data set was deleted, so its samples cannot be shown. The model itself can still be used.",
  );
