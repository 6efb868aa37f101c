/** Submit jobs; list, change and delete runs. */
import { setTimeout as delay } from 'node:timers/promises';
import { Type } from 'typebox';
import { RelumineError, runNotFound } from '../errors.ts';
import { fileOf, runsTable } from '../exports/index.ts';
import { datasetIdOf, nameFirst, parentIdOf, readJob, type ResolvedJob } from '../jobs/index.ts';
import { submitJob } from '../queue/submit-job.ts';
import { JobSchema, listOf, RunPatchSchema, RunRef, ValidationAnswerSchema } from '../schemas/index.ts';
import { isFinal, LONGEST_FILTER, RUN_STATUSES, type JobSpec, type Risk, type Run } from '../vocabulary/index.ts';
import { EXAMPLE_JOB } from './examples.ts';
import { ORDERS, type Order } from '../queue/queue.ts';
import type { RunQuery } from '../store/store.ts';
import { openDoor } from './door.ts';
import { answers, leaveBody, page, RunParams, type Routes } from './route.ts';
import { orTable, refuseForTables, sendFile, tableFormat } from './table-answer.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['runs'];
const RISK_PATIENCE_MS = 10_000;
/** Of a table of runs. */
const ROWS_PER_PAGE = 500;

const ORDER_WORDS = {
  cancel: {
    summary: 'Cancel a run',
    description:
      'A running job stops before its next chunk of steps, usually within 0.1 s. A cancelled run keeps its weights, but cannot be resumed.',
  },
  pause: {
    summary: 'Pause a run',
    description: 'A running job writes a checkpoint and frees its thread. A queued run stops waiting.',
  },
  resume: {
    summary: 'Resume a paused run',
    description: 'The run returns to its place in the queue and continues from its last checkpoint.',
  },
} as const satisfies Record<Order, { summary: string; description: string }>;

const ListQuery = Type.Object({
  format: tableFormat(['csv', 'jsonl']),
  status: Type.Optional(Type.Array(Type.Enum(RUN_STATUSES), { description: 'One or several, separated by commas.' })),
  experiment: Type.Optional(Type.String({ maxLength: 100 })),
  tag: Type.Optional(Type.String({ maxLength: 64 })),
  parent: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'The id of a run: only the runs that were made from it, those of its trials included.',
    }),
  ),
  trials: Type.Optional(
    Type.Enum(['include', 'exclude'], {
      default: 'exclude',
      description: 'Without `parent`: whether the runs of trials are listed too.',
    }),
  ),
  q: Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        'Text to find in name, notes, experiment or tags, or among the names of the spec, such as adam; case does not matter. A number is found as a whole.',
    }),
  ),
  filter: Type.Optional(
    Type.String({
      maxLength: LONGEST_FILTER,
      description:
        'For example `summary.valLoss < 0.1 and spec.training.optimizer.type = "adam"`. Comparisons `= != < <= > >=`, `contains`, `in ("a", "b")`, `and`, `or`, `not`, parentheses; `null` for what is missing.',
    }),
  ),
  orderBy: Type.Optional(
    Type.String({
      maxLength: 200,
      default: '-createdAt',
      description:
        'A field, such as `createdAt`, `valLoss` or `spec.training.optimizer.learningRate`, with `-` in front or `:desc` behind for descending order. Runs without the value come last.',
    }),
  ),
  after: Type.Optional(Type.String({ maxLength: 1000, description: 'The `nextCursor` of the previous page.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: 'Of a page. Default: 50.' })),
});

export const runs: Routes = async (app, { store, queue, questions }) => {
  const { findRun, findUploaded, findParent } = openDoor(store);

  app.post(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'Submit a training job',
        description:
          'With an `Idempotency-Key` the request can be repeated safely: for 24 hours it gets the first response, with the same `Location` and `Idempotency-Replayed: true`. `validateOnly=true` only checks the job, and answers 200 with the resolved spec and the risk that neurons are born dead.',
        headers: Type.Object(
          { 'idempotency-key': Type.Optional(Type.String({ maxLength: 255 })) },
          { additionalProperties: true },
        ),
        querystring: Type.Object({ validateOnly: Type.Optional(Type.Boolean({ default: false })) }),
        body: { ...JobSchema, examples: [EXAMPLE_JOB] },
        response: { ...answers(201, RunRef, 429), ...answers(200, ValidationAnswerSchema) },
      },
      validatorCompiler: leaveBody(app),
    },
    async (request, reply) => {
      const job = await resolve(request.body);
      if (request.query.validateOnly)
        return reply.code(200).send({ object: 'validation', spec: job.spec, ...(await assessRisk(job.spec)) });
      const run = await submitJob({ store, queue }, job);
      return reply.code(201).header('location', `/v1/runs/${run.id}`).send(run);
    },
  );

  app.get(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'List runs, newest first',
        description:
          'All filters must match. Inline data of more than 16 KiB is left out of `spec.dataset`; `GET /v1/runs/{id}` returns it. As a table it has every run that matches, one per row, with its spec and summary in columns.',
        querystring: ListQuery,
        response: { 200: orTable(listOf(RunRef)) },
      },
    },
    async ({ query }, reply) => {
      const { format = 'json', limit = 50 } = query;
      if (format !== 'json') {
        refuseForTables(query, ['after', 'limit']);
        return sendFile(reply, fileOf(await runsTable(() => everyPage(query)), format, 'runs'));
      }
      const { data, hasMore, nextCursor } = await store.runs.list({ ...query, limit });
      return reply.send(page(await withPositions(data), hasMore, nextCursor));
    },
  );

  app.get(
    '/v1/runs/:id',
    {
      schema: {
        tags,
        summary: 'Get a run',
        description:
          'Its state, progress, newest figures and resolved spec. While it is queued, `queuePosition` says how many runs are ahead of it.',
        params: RunParams,
        response: answers(200, RunRef, 404),
      },
    },
    async (request) => withPosition(await findRun(request)),
  );

  app.patch(
    '/v1/runs/:id',
    {
      schema: {
        tags,
        summary: 'Change name, notes, tags or metadata',
        description: 'Fields that are not in the body do not change. A run can be changed in any state.',
        params: RunParams,
        body: RunPatchSchema,
        response: answers(200, RunRef, 404),
      },
    },
    async (request) => {
      const { id } = await findRun(request);
      const patched = await store.runs.patch(id, request.body);
      if (!patched) throw runNotFound(id);
      return withPosition(patched);
    },
  );

  app.delete(
    '/v1/runs/:id',
    {
      schema: {
        tags,
        summary: 'Delete a run and everything stored for it',
        description: 'A run that has not finished is cancelled first.',
        params: RunParams,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const run = await findRun(request);
      if (!isFinal(run.status)) await cancelUnlessOver(run.id);
      if (!(await store.runs.delete(run.id))) throw runNotFound(run.id);
      return reply.code(204).send(null);
    },
  );

  for (const action of ORDERS) {
    app.post(
      `/v1/runs/:id/${action}`,
      {
        schema: {
          tags,
          ...ORDER_WORDS[action],
          params: RunParams,
          response: answers(200, RunRef, 404, 409),
        },
      },
      async (request) => queue[action]((await findRun(request)).id),
    );
  }

  async function* everyPage(query: Omit<RunQuery, 'limit' | 'after'>): AsyncGenerator<Run[]> {
    for (let after: string | undefined; ;) {
      const { data, nextCursor } = await store.runs.list({
        ...query,
        limit: ROWS_PER_PAGE,
        ...(after !== undefined && { after }),
      });
      yield data;
      if (nextCursor === null) return;
      after = nextCursor;
    }
  }

  async function resolve(body: unknown): Promise<Extract<ResolvedJob, { spec: JobSpec }>> {
    const [uploaded, parent] = await Promise.all([findUploaded(datasetIdOf(body)), findParent(parentIdOf(body))]);
    const resolved = readJob(body, { uploaded, parent });
    if ('spec' in resolved) return resolved;
    const { details } = resolved;
    throw new RelumineError('INVALID_JOB', `The job is not valid: ${nameFirst(details)}`, { details });
  }

  /** Empty if it takes too long or no engine is available. The job is still valid. */
  async function assessRisk(spec: JobSpec): Promise<{ risk?: Risk }> {
    const controller = new AbortController();
    try {
      const uploaded = spec.dataset.id === undefined ? null : await store.datasets.get(spec.dataset.id);
      const risk = questions.ask('assessRisk', { spec, dataset: uploaded?.data ?? null });
      const tooLate = delay(RISK_PATIENCE_MS, null, { signal: controller.signal });
      const known = await Promise.race([risk, tooLate]);
      return known ? { risk: known } : {};
    } catch (error) {
      app.log.warn({ err: error }, 'could not assess the risk of a job');
      return {};
    } finally {
      controller.abort();
    }
  }

  async function cancelUnlessOver(id: string): Promise<void> {
    try {
      await queue.cancel(id);
    } catch (error) {
      if (!(error instanceof RelumineError) || error.code !== 'WRONG_STATE') throw error;
    }
  }

  async function withPosition(run: Run): Promise<Run> {
    return run.status === 'queued' ? { ...run, queuePosition: await queue.position(run.id) } : run;
  }

  async function withPositions(listed: Run[]): Promise<Run[]> {
    if (!listed.some(({ status }) => status === 'queued')) return listed;
    const queued = await store.runs.queued();
    const positions = new Map(queued.map(({ id }, index) => [id, index]));
    return listed.map((run) => ({ ...run, queuePosition: positions.get(run.id) ?? null }));
  }
};
