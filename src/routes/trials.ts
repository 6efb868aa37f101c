/** Trials: the advice for a run, tried out. */
import { RelumineError } from '../errors.ts';
import { TrialsJobSchema, TrialsRef } from '../schemas/index.ts';
import { auditor } from './audit.ts';
import { openDoor } from './door.ts';
import { trialsMaker } from './remade.ts';
import { answers, RunParams, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['neurons'];

export const trials: Routes = async (app, { store, trials: runner, allowances }) => {
  const { findRun } = openDoor(store);
  const audit = auditor(store);

  app.post(
    '/v1/runs/:id/trials',
    {
      config: { remade: trialsMaker(store, runner, findRun) },
      schema: {
        tags,
        summary: 'Try the advice of the diagnosis',
        description:
          'Every advised patch, a few pairs of them and the untouched job run over the same seeds, as children of the run with the lowest priority. Runs are created a few at a time, and what has no prospects is stopped early. Earlier trials of the run are deleted. 409 if there is no diagnosis yet, if nothing is advised, or if trials are running.',
        params: RunParams,
        body: { ...TrialsJobSchema, examples: [{ advice: 'all', seeds: 3 }] },
        response: answers(201, TrialsRef, 404, 409, 429),
      },
    },
    async (request, reply) => {
      const run = await findRun(request);
      const createdBy = request.caller.person?.id ?? null;
      await allowances.checkRoom({ project: run.project, createdBy }, 'runs');
      const begun = await runner.begin(run, request.body, { by: createdBy, answer: request.idempotencyKey });
      const { seeds, pieces } = begun;
      await audit(request, 'trials.begun', run, { after: { seeds, advice: pieces.map(({ code }) => code) } });
      return reply.code(201).header('location', `/v1/runs/${run.id}/trials`).send(begun);
    },
  );

  app.get(
    '/v1/runs/:id/trials',
    {
      schema: {
        tags,
        summary: 'Get the trials of a run',
        description: 'How far they are, and what each piece of advice came to so far, best first.',
        params: RunParams,
        response: answers(200, TrialsRef, 404),
      },
    },
    async (request) => {
      const { id } = await findRun(request);
      return (await runner.get(id)) ?? missing(id);
    },
  );

  app.delete(
    '/v1/runs/:id/trials',
    {
      schema: {
        tags,
        summary: 'Cancel the trials of a run',
        description:
          'Runs that wait or train are cancelled; what was measured stays. Has no effect on trials that are over.',
        params: RunParams,
        response: answers(200, TrialsRef, 404),
      },
    },
    async (request) => {
      const run = await findRun(request);
      const trials = (await runner.cancel(run.id)) ?? missing(run.id);
      await audit(request, 'trials.cancelled', run, { after: { status: trials.status, progress: trials.progress } });
      return trials;
    },
  );
};

function missing(runId: string): never {
  throw new RelumineError('TRIALS_NOT_FOUND', `Run "${runId}" has no trials. POST to the same address to begin them.`);
}
