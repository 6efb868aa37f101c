/** What a run's log and tables hold: metrics, events, snapshots, checkpoints. */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { CheckpointSchema, ErrorAnswerSchema, EventSchema, listOf, MetricsAnswerSchema } from '../schemas/index.ts';
import { openDoor } from './door.ts';
import { answers, page, RunParams, type Routes } from './route.ts';

const tags = ['history'];
const step = Type.Integer({ minimum: 0, maximum: 2 ** 53 - 1 });

export const history: Routes = async (app, { store }) => {
  const { findRun } = openDoor(store);

  app.get(
    '/v1/runs/:id/metrics',
    {
      schema: {
        tags,
        summary: 'Metric series',
        params: RunParams,
        querystring: Type.Object({
          keys: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
              maxItems: 500,
              description: 'For example `loss,valLoss,activeFraction/dense_1`; all where absent.',
            }),
          ),
          fromStep: Type.Optional(step),
          toStep: Type.Optional(step),
          points: Type.Optional(
            Type.Union([Type.Integer({ minimum: 2, maximum: 100_000 }), Type.Literal('all')], {
              default: 500,
              description: 'About so many per series, each bucket keeping its smallest and largest value.',
            }),
          ),
        }),
        response: answers(200, MetricsAnswerSchema, 404),
      },
    },
    async (request) => {
      const { query } = request;
      const run = await findRun(request);
      const series = await store.metrics.read(run.id, { ...query, points: query.points ?? 500 });
      return { object: 'metrics' as const, runId: run.id, series };
    },
  );

  app.get(
    '/v1/runs/:id/events',
    {
      schema: {
        tags,
        summary: 'What happened, in order',
        params: RunParams,
        querystring: Type.Object({
          after: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 2 ** 53 - 1,
              default: 0,
              description: 'The seq of the last event that is known already.',
            }),
          ),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
        }),
        response: answers(200, listOf(EventSchema), 404),
      },
    },
    async (request) => {
      const { query } = request;
      const run = await findRun(request);
      const { data, hasMore } = await store.log.events(run.id, query.after ?? 0, query.limit ?? 100);
      return page(data, hasMore, hasMore ? String(data.at(-1)!.seq) : null);
    },
  );

  app.get(
    '/v1/runs/:id/snapshots',
    {
      schema: {
        tags,
        summary: 'Stored snapshots of every neuron',
        description: 'Binary frames back to back, each as in the stream.',
        params: RunParams,
        querystring: Type.Object({
          fromStep: Type.Optional(step),
          toStep: Type.Optional(step),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, default: 1000 })),
          points: Type.Optional(
            Type.Integer({
              minimum: 2,
              maximum: 100_000,
              description: 'About so many, evenly chosen, in place of every one.',
            }),
          ),
        }),
        produces: ['application/octet-stream'],
        response: {
          ...answers(404, ErrorAnswerSchema),
          200: {
            content: {
              'application/octet-stream': { schema: Type.Unsafe<Readable>({ type: 'string', format: 'binary' }) },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const run = await findRun(request);
      const frames = store.snapshots.read(run.id, { ...query, limit: query.limit ?? 1000 });
      return reply.type('application/octet-stream').send(Readable.from(frames, { objectMode: false }));
    },
  );

  app.get(
    '/v1/runs/:id/checkpoints',
    {
      schema: {
        tags,
        summary: 'Checkpoints',
        params: RunParams,
        response: answers(200, listOf(CheckpointSchema), 404),
      },
    },
    async (request) => {
      const run = await findRun(request);
      return page(await store.checkpoints.list(run.id));
    },
  );
};
