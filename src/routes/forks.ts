/** New runs that start from the weights of trained ones. */
import { RelumineError } from '../errors.ts';
import { datasetRefOf, forkedJob, keptHashesOf, nameFirst, readFork } from '../jobs/index.ts';
import { submitJob } from '../queue/submit-job.ts';
import { byHash, ForkJobSchema, RunRef } from '../schemas/index.ts';
import type { ForkJob, Run } from '../vocabulary/index.ts';
import { auditor, runFacts } from './audit.ts';
import { openDoor } from './door.ts';
import { runMaker } from './remade.ts';
import { modelOpener, type OpenedModel } from './open-model.ts';
import { answers, leaveBody, RunParams, whileConnected, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['models'];

export const forks: Routes = async (app, { store, queue, questions, shelf, allowances, bodies }) => {
  const { findRun, findKept, findUploaded, originFor } = openDoor(store, shelf);
  const openModel = modelOpener(store);
  const audit = auditor(store);
  const remadeRun = runMaker(store);

  app.post(
    '/v1/runs/:id/fork',
    {
      config: { remade: remadeRun, takesLargeBody: true },
      schema: {
        tags,
        summary: 'Train on from the weights of a run',
        description:
          "A new run of the same job, patched, that starts from the weights of a checkpoint: they become the `model.initialWeights` of its spec, with a fresh state of the optimizer. Its parent is the run. 400 with the name of the layer if the patch changes a layer's shape.",
        params: RunParams,
        body: { ...ForkJobSchema, examples: [{ checkpoint: 'final', patch: { training: { epochs: 20 } } }] },
        response: answers(201, RunRef, 404, 409, 429),
      },
      validatorCompiler: leaveBody(app),
    },
    async (request, reply) => {
      const {
        checkpoint = 'final',
        patch = {},
        blobs,
        faults,
      } = await bodies.read('fork', request.body, null, whileConnected(reply));
      const parent = await findRun(request);
      // It goes where its parent is.
      const origin = await originFor(request, parent.project);
      const taken = await takeWeights(parent, checkpoint, whileConnected(reply));
      const forked = forkedJob(parent, patch);
      const [before = null, after = null] = await Promise.all(
        [parent.spec, forked].map((job) => findUploaded(request, datasetRefOf(job), origin.project)),
      );
      const added = [...blobs, ...taken.blobs];
      const kept = new Map([...(await findKept(request, keptHashesOf(forked))), ...byHash(added)]);
      const job = readFork(parent, patch, taken.weights, { before, after, kept, faults });
      if ('details' in job) {
        const { details } = job;
        throw new RelumineError('INVALID_JOB', `The fork is not valid: ${nameFirst(details)}`, { details });
      }
      await allowances.checkRoom(origin, 'data');
      const run = await submitJob({ queue }, { ...job, blobs: added }, origin);
      await audit(request, 'run.created', run, { after: runFacts(run) });
      return reply.code(201).header('location', `/v1/runs/${run.id}`).send(run);
    },
  );

  async function takeWeights(run: Run, checkpoint: NonNullable<ForkJob['checkpoint']>, signal: AbortSignal) {
    const { trained }: OpenedModel = await openModel(run, checkpoint);
    const taken = await questions.ask('takeWeights', trained, [], { signal });
    if (taken === null)
      throw new RelumineError('MODEL_NOT_READY', 'The weights of this checkpoint are not finite. Fork an earlier one.');
    return taken;
  }
};
