/** Submit jobs; change and delete runs. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import type { LiftedJob } from '../bodies/lift.ts';
import {
  datasetRefOf,
  keptHashesOf,
  nameFirst,
  parentIdOf,
  projectOf,
  readJob,
  type ResolvedJob,
} from '../jobs/index.ts';
import { submitJob } from '../queue/submit-job.ts';
import { byHash, JobSchema, rowBuffers, RunPatchSchema, RunRef, ValidationRef, type Blob } from '../schemas/index.ts';
import { dataOf, weightsOf } from '../store/job-data.ts';
import type { Origin } from '../store/store.ts';
import { isFinal, LIMITS, type AuditAction, type JobSpec, type Risk, type Run } from '../vocabulary/index.ts';
import { EXAMPLE_JOB } from './examples.ts';
import { ORDERS, type Order } from '../queue/queue.ts';
import { visibleTo } from '../people/shared-run.ts';
import { auditor, changeOf, runFacts } from './audit.ts';
import { openDoor } from './door.ts';
import { runMaker } from './remade.ts';
import { answers, leaveBody, RunParams, whileConnected, type Routes } from './route.ts';
import type { Tag } from './tags.ts';
import { wholeRun } from './whole-run.ts';

const tags: Tag[] = ['runs'];
const RISK_PATIENCE_MS = 10_000;

const ORDER_WORDS = {
  cancel: {
    done: 'run.cancelled',
    summary: 'Cancel a run',
    description:
      'A running job stops before its next chunk of steps, usually within 0.1 s. A cancelled run keeps its weights, but cannot be resumed.',
  },
  pause: {
    done: 'run.paused',
    summary: 'Pause a run',
    description: 'A running job writes a checkpoint and frees its thread. A queued run stops waiting.',
  },
  resume: {
    done: 'run.resumed',
    summary: 'Resume a paused run',
    description: 'The run returns to its place in the queue and continues from its last checkpoint.',
  },
} as const satisfies Record<Order, { done: AuditAction; summary: string; description: string }>;

export const runs: Routes = async (app, { store, queue, questions, shelf, allowances, bodies }) => {
  const { findRun, findKept, findUploaded, findParent, originFor } = openDoor(store, shelf);
  const audit = auditor(store);
  const remadeRun = runMaker(store);

  app.post(
    '/v1/runs',
    {
      config: { remade: remadeRun, takesLargeBody: true, unreadableAs: 'INVALID_JOB' },
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
        response: { ...answers(201, RunRef, 404, 429), ...answers(200, ValidationRef) },
      },
      validatorCompiler: leaveBody(app),
    },
    async (request, reply) => {
      const lifted = await bodies.read('job', request.body, null, whileConnected(reply));
      const { body, blobs } = lifted;
      const parent = await findParent(request, parentIdOf(body));
      // What is made from a run goes where that is.
      const origin = await originFor(request, projectOf(body) ?? parent?.project);
      const job = await resolve(request, lifted, parent, origin);
      if (request.query.validateOnly)
        return reply.code(200).send({
          object: 'validation',
          spec: job.spec,
          ...(await assessRisk(job.spec, blobs, whileConnected(reply))),
        });
      await allowances.checkRoom(origin, 'data');
      const run = await submitJob({ queue }, { ...job, blobs }, origin);
      await audit(request, 'run.created', run, { after: runFacts(run) });
      return reply.code(201).header('location', `/v1/runs/${run.id}`).send(run);
    },
  );

  app.get(
    '/v1/runs/:id',
    {
      schema: {
        tags,
        summary: 'Get a run',
        description: `Its state, progress, newest figures and resolved spec. While it is queued, \`queuePosition\` says how many runs are ahead of it. Of inline data and of initial weights with more than ${LIMITS.valuesInJob} numbers the spec has the hash, by which another job can name them; \`include=data\` returns the numbers in its place, and submitting that spec repeats the run on any service.`,
        params: RunParams,
        querystring: Type.Object({
          include: Type.Optional(
            Type.Enum(['data'], { description: 'All numbers that came with the job. Not with a share link.' }),
          ),
        }),
        response: answers(200, RunRef, 404),
      },
    },
    async (request, reply) => {
      const run = await withPosition(await findRun(request));
      if (request.query.include !== 'data') return visibleTo(request.caller, run);
      if (request.caller.via === 'share')
        throw new RelumineError('FORBIDDEN', 'A share link shows what a run reported, not the data of its job.');
      return reply.type('application/json; charset=utf-8').send((await wholeRun(run, store.blobs)) as never);
    },
  );

  app.patch(
    '/v1/runs/:id',
    {
      schema: {
        tags,
        summary: 'Change name, notes, tags or metadata, or move to another project',
        description:
          'Fields that are not in the body do not change. A run can be changed in any state. To move it one has to be a member of both projects; the runs of its trials go with it, and links that share it show it no more.',
        params: RunParams,
        body: RunPatchSchema,
        response: answers(200, RunRef, 404, 409),
      },
    },
    async (request) => {
      const { project: wanted, ...patch } = request.body;
      const run = await findRun(request);
      if (wanted !== undefined) await move(request, run, (await originFor(request, wanted)).project);
      const patched = await store.runs.patch(run.id, patch);
      if (!patched) throw notFound('RUN_NOT_FOUND', run.id);
      if (Object.keys(patch).length > 0) await audit(request, 'run.changed', patched, changeOf(patch, run, patched));
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
      if (!(await store.runs.delete(run.id))) throw notFound('RUN_NOT_FOUND', run.id);
      await audit(request, 'run.deleted', run, { before: runFacts(run) });
      return reply.code(204).send(null);
    },
  );

  for (const action of ORDERS) {
    app.post(
      `/v1/runs/:id/${action}`,
      {
        schema: {
          tags,
          summary: ORDER_WORDS[action].summary,
          description: ORDER_WORDS[action].description,
          params: RunParams,
          response: answers(200, RunRef, 404, 409),
        },
      },
      async (request) => {
        const before = await findRun(request);
        const after = await queue[action](before.id);
        await audit(request, ORDER_WORDS[action].done, before, changeOf({ status: true }, before, after));
        return after;
      },
    );
  }

  async function resolve(
    request: FastifyRequest,
    { body, blobs, faults }: LiftedJob,
    parent: Run | null,
    { project }: Origin,
  ): Promise<Extract<ResolvedJob, { spec: JobSpec }>> {
    const uploaded = await findUploaded(request, datasetRefOf(body), project);
    const kept = new Map([...(await findKept(request, keptHashesOf(body))), ...byHash(blobs)]);
    const resolved = readJob(body, { uploaded, parent, kept, faults });
    if ('spec' in resolved) return resolved;
    const { details } = resolved;
    throw new RelumineError('INVALID_JOB', `The job is not valid: ${nameFirst(details)}`, { details });
  }

  /**
   * Empty if it takes too long or no engine is available. The job is still valid. Throws OVERLOADED if the question could
   * not even be asked.
   */
  async function assessRisk(spec: JobSpec, blobs: readonly Blob[], signal: AbortSignal): Promise<{ risk?: Risk }> {
    const controller = new AbortController();
    try {
      const [dataset, weights] = await Promise.all([dataOf(store, spec, blobs), weightsOf(store, spec, blobs)]);
      const given = [...rowBuffers(dataset), ...rowBuffers(weights)];
      const risk = questions.ask('assessRisk', { spec, dataset, weights }, given, { signal });
      const tooLate = delay(RISK_PATIENCE_MS, null, { signal: controller.signal });
      const known = await Promise.race([risk, tooLate]);
      return known ? { risk: known } : {};
    } catch (error) {
      if (signal.aborted || (error instanceof RelumineError && error.code === 'OVERLOADED')) throw error;
      app.log.warn({ err: error }, 'could not assess the risk of a job');
      return {};
    } finally {
      controller.abort();
    }
  }

  async function move(request: FastifyRequest, run: Run, to: string): Promise<void> {
    if (run.project === to) return;
    const moved = await store.runs.move(run.id, to);
    if (!moved) throw new RelumineError('WRONG_STATE', 'This run is a trial of another run, and is moved with it.');
    await audit(request, 'run.moved', moved, changeOf({ project: to }, run, moved));
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
};
