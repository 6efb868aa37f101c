/** What a run has reported: metrics, events, snapshots, checkpoints. */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { fileOf, metricsTable, seriesJson, seriesTable } from '../exports/index.ts';
import {
  CheckpointSchema,
  ErrorRef,
  EventSchema,
  listOf,
  MetricsAnswerSchema,
  pageLimit,
  Seq,
  Step,
} from '../schemas/index.ts';
import { SMOOTHING_MOST, SPACINGS, type Spacing } from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { answers, FILE, page, RunParams, type Routes } from './route.ts';
import { orTable, refuseForTables, sendFile, sendJson, tableFormat } from './table-answer.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['history'];

const MOST_TIMES = 10_000;

export const history: Routes = async (app, { store }) => {
  const { findRun } = openDoor(store);

  app.get(
    '/v1/runs/:id/metrics',
    {
      schema: {
        tags,
        summary: 'Get metric series',
        description:
          'One series per metric. Values are null where they were not finite. Long series are downsampled; their extremes stay. As a table it has one row per step, and every point unless `points` is given.',
        params: RunParams,
        querystring: Type.Object({
          format: tableFormat(),
          keys: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
              minItems: 1,
              maxItems: 500,
              description: 'For example `loss,valLoss,activeFraction/dense_1`. Default: all.',
            }),
          ),
          fromStep: Type.Optional(Step),
          toStep: Type.Optional(Step),
          points: Type.Optional(
            Type.Union([Type.Integer({ minimum: 2, maximum: 100_000 }), Type.Literal('all')], {
              description:
                'The approximate number of points per series. Each bucket keeps its smallest and largest value. Default: 500, and `all` in a table. Of a series with more than 500,000 points in the range, at most one in 32 is returned, unless it is `all`.',
            }),
          ),
          spacing: Type.Optional(
            Type.Unsafe<Spacing>({
              type: 'string',
              enum: SPACINGS,
              default: 'even',
              description: '`log`: the points are spaced for a logarithmic axis of steps.',
            }),
          ),
          smoothing: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: SMOOTHING_MOST,
              default: 0,
              description:
                'Adds `smoothed` to each series: its exponential mean, weighted by distance and without bias, made from all points before any are left out. Of a series with more than 32,768 points it is made from means over at least 64 neighbours, which differ by less than can be drawn.',
            }),
          ),
          smoothingRange: Type.Optional(
            Type.Number({
              exclusiveMinimum: 0,
              description: 'The width in steps of the axis that `smoothing` refers to. Default: that of each series.',
            }),
          ),
          times: Type.Optional(
            Type.Boolean({ default: false, description: 'Adds `times`: when the run was at which step.' }),
          ),
        }),
        response: { ...answers(404, ErrorRef), 200: orTable(MetricsAnswerSchema) },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { format = 'json', points = 500 } = query;
      const run = await findRun(request);
      if (format !== 'json') {
        refuseForTables(query, ['smoothing', 'smoothingRange', 'times']);
        const table =
          query.points === undefined || query.points === 'all'
            ? metricsTable(await store.metrics.rows(run.id, query))
            : seriesTable(await store.metrics.read(run.id, { ...query, points }));
        return sendFile(reply, fileOf(table, format, `${run.id}-metrics`));
      }
      const times = query.times ? await store.metrics.times(run.id, points === 'all' ? MOST_TIMES : points) : undefined;
      const long = points === 'all' ? await store.metrics.readLong(run.id, query) : null;
      if (long) return sendJson(reply, seriesJson(long, { runId: run.id, ...(times && { times }) }));
      const series = await store.metrics.read(run.id, { ...query, points });
      return reply.send({ object: 'metrics' as const, runId: run.id, series, ...(times && { times }) });
    },
  );

  app.get(
    '/v1/runs/:id/events',
    {
      schema: {
        tags,
        summary: 'List events, in order',
        description: 'Deaths and revivals of neurons, warnings, and other turns of the run.',
        params: RunParams,
        querystring: Type.Object({
          after: Type.Optional({ ...Seq, default: 0, description: 'The `seq` of the last event you already have.' }),
          limit: Type.Optional(pageLimit(1000, 100)),
        }),
        response: answers(200, listOf(EventSchema), 404),
      },
    },
    async (request) => {
      const { query } = request;
      const run = await findRun(request);
      const { data, hasMore } = await store.log.events(run.id, query.after ?? 0, query.limit ?? 100);
      return page(data, hasMore, hasMore ? String(data.at(-1)?.seq) : null);
    },
  );

  app.get(
    '/v1/runs/:id/snapshots',
    {
      schema: {
        tags,
        summary: 'Get stored activity snapshots',
        description: 'Binary frames back to back, in the format of the stream. Old snapshots are thinned out evenly.',
        params: RunParams,
        querystring: Type.Object({
          fromStep: Type.Optional(Step),
          toStep: Type.Optional(Step),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, default: 1000 })),
          points: Type.Optional(
            Type.Integer({
              minimum: 2,
              maximum: 100_000,
              description: 'Return about this many snapshots, evenly spaced, instead of all.',
            }),
          ),
        }),
        response: {
          ...answers(404, ErrorRef),
          200: {
            content: { 'application/octet-stream': FILE },
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
        summary: 'List checkpoints',
        description:
          'The newest checkpoint, from which the run continues, the best one, and as many older ones as `telemetry.keepCheckpoints` says. Those of a run that has ended include its final and its best model.',
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
