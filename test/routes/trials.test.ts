/** Trials over HTTP, with threads that train. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Advice, Job, Trials } from '../../src/vocabulary/index.ts';
import { STORE_KINDS } from '../support/database.ts';
import { ask, codeOf, ended, rehearsed, startService, type TestService } from '../support/service.ts';

/** With kernels of zero nothing can be learned: all neurons of a layer are the same, and none gets a gradient. */
const zeros: Job = {
  name: 'all zero',
  dataset: { name: 'moons', samples: 400 },
  model: { layers: Array.from({ length: 2 }, () => ({ type: 'dense', units: 16, kernelInitializer: 'zeros' })) },
  training: { epochs: 40, seed: 1, optimizer: { type: 'adam', learningRate: 0.02 } },
};

const rate = (code: 'raiseLearningRate' | 'reduceLearningRate', learningRate: number): Advice => ({
  code,
  addresses: [],
  reason: '',
  evidence: {},
  limits: '',
  patch: { training: { optimizer: { learningRate } } },
  change: [{ path: 'training.optimizer.learningRate', from: 0.1, to: learningRate }],
});

/** Asks until the trials are over. */
async function overOf({ client }: TestService, runId: string): Promise<Trials> {
  for (;;) {
    const trials = await client.trials(runId);
    if (trials.status !== 'running') return trials;
    await delay(50);
  }
}

async function train(service: TestService, job: Job): Promise<string> {
  const { id } = await service.client.submit(job);
  await ended(service, id);
  return id;
}

for (const kind of STORE_KINDS) {
  describe(`trials (${kind})`, () => {
    let service: TestService;
    let runId: string;
    before(async () => {
      service = await startService({ kind, trains: true, workers: 2 });
      runId = await train(service, zeros);
    });
    after(() => service.remove());

    it('try the advice beside the untouched job, and put the diagnosis in the order that they measured', async () => {
      const { client } = service;
      const advised = (await client.diagnosis(runId)).advice.map(({ code }) => code);
      assert.ok(advised.includes('heInitialization'), advised.join());
      assert.equal(codeOf(await ask(`${service.url}/v1/runs/${runId}/trials`)), 'TRIALS_NOT_FOUND');

      const answer = await ask(`${service.url}/v1/runs/${runId}/trials`, {
        json: { advice: ['heInitialization'], seeds: 2 },
      });
      assert.deepEqual([answer.status, answer.headers.get('location')], [201, `/v1/runs/${runId}/trials`]);
      const begun = answer.body as Trials;
      assert.deepEqual([begun.object, begun.runId, begun.status, begun.seeds], ['trials', runId, 'running', [1, 2]]);
      assert.equal(begun.progress.total, 4);
      assert.ok(begun.runs.length > 0);

      const { progress, pieces, untouched, runs, finishedAt } = await overOf(service, runId);
      assert.deepEqual(progress, { ended: 4, total: 4 });
      assert.ok(finishedAt);
      const [piece] = pieces;
      assert.deepEqual([piece?.code, piece?.measured?.runs, piece?.measured?.fixed], ['heInitialization', 2, 2]);
      const { metric, before, after: afterwards, agrees } = piece!.measured!;
      assert.deepEqual([metric, agrees], ['valLoss', true]);
      assert.ok(afterwards! < 0.5 * before!, `${before} -> ${afterwards}`);
      assert.deepEqual(
        untouched.map(({ outcome, isFixed }) => [outcome, isFixed]),
        [
          ['measured', false],
          ['measured', false],
        ],
      );
      assert.ok(piece!.trials.every(({ score }) => score! > 0.9));

      const [first] = (await client.diagnosis(runId)).advice;
      assert.deepEqual([first?.code, first?.measured], ['heInitialization', piece?.measured]);

      assert.deepEqual(
        (await client.listPage()).data.map(({ id }) => id),
        [runId],
        'the runs of trials are not listed',
      );
      const listed = async (query: object) => (await client.listPage(query)).data.map(({ id }) => id).toSorted();
      assert.deepEqual(await listed({ parent: runId }), runs.toSorted());
      assert.deepEqual(await listed({ trials: 'include' }), [runId, ...runs].toSorted());
      const child = await client.get(piece!.trials[1]!.runId!);
      const { dataset, training, priority, telemetry } = child.spec;
      const parent = await client.get(runId);
      assert.deepEqual(
        [child.parentId, dataset, training, priority, telemetry.snapshotsPerSecond],
        [runId, parent.spec.dataset, { ...parent.spec.training, seed: 2 }, -1000, 0],
      );
      assert.deepEqual(child.change, [...piece!.change, { path: 'training.seed', from: 1, to: 2 }]);
      assert.equal((await client.snapshots(child.id)).length, 0);
    });

    it('train the untouched job to the same bits as the run itself', async () => {
      const { client } = service;
      const { untouched } = await client.trials(runId);
      const weights = async (id: string) => (await client.model(id)).toString();
      assert.equal(await weights(untouched[0]!.runId!), await weights(runId));
    });

    it('are replaced by new ones, and deleted with the run', async () => {
      const { client } = service;
      const { runs: old } = await client.trials(runId);
      await client.startTrials(runId, { advice: ['heInitialization'], seeds: 1 });
      const { runs } = await overOf(service, runId);
      assert.equal((await ask(`${service.url}/v1/runs/${old[0]}`)).status, 404);
      const other = await train(service, { ...zeros, parentId: runs[0]! });
      await client.delete(runId);
      for (const id of runs) assert.equal((await ask(`${service.url}/v1/runs/${id}`)).status, 404);
      assert.equal((await client.get(other)).parentId, null, 'what was made from one of them stays');
    });
  });
}

describe('trials', () => {
  it('go on after a restart', async () => {
    const service = await startService({ trains: true });
    try {
      const runId = await train(service, zeros);
      const { progress } = await service.client.startTrials(runId, { advice: ['heInitialization'], seeds: 3 });
      assert.ok(progress.ended < progress.total);
      await service.restart();
      const { status, pieces, untouched, runs } = await overOf(service, runId);
      assert.deepEqual([status, runs.length, pieces[0]?.measured?.fixed], ['finished', 6, 3]);
      assert.deepEqual(
        untouched.map(({ outcome }) => outcome),
        ['measured', 'measured', 'measured'],
      );
    } finally {
      await service.remove();
    }
  });

  it('are stopped where they are far behind the untouched job, whoever was faster', async () => {
    const service = await startService({ trains: true });
    try {
      const { client, stations } = service;
      const runId = await train(service, {
        dataset: { name: 'moons', samples: 100, validationSplit: 0 },
        model: { layers: [{ type: 'dense', units: 8, activation: 'tanh' }] },
        training: { epochs: 300, batchSize: 25, seed: 1, optimizer: { type: 'sgd', learningRate: 0.1 } },
      });
      // Begun by another process, which ended before it did anything.
      await stations.store.trials.begin(runId, {
        task: 'classification',
        seeds: [1, 2],
        pieces: [rate('raiseLearningRate', 1000), rate('reduceLearningRate', 0.05)],
      });
      await service.restart();
      const { pieces, untouched, progress } = await overOf(service, runId);
      assert.deepEqual(progress, { ended: 6, total: 6 });
      assert.deepEqual(
        untouched.map(({ outcome }) => outcome),
        ['measured', 'measured'],
      );
      const [slower, faster] = pieces;
      assert.deepEqual(
        [slower, faster].map((tried) => [tried?.code, tried?.trials.map(({ outcome }) => outcome)]),
        [
          ['reduceLearningRate', ['measured', 'measured']],
          ['raiseLearningRate', ['stopped', 'skipped']],
        ],
      );
      const { status, progress: stoppedAt } = await client.get(faster!.trials[0]!.runId!);
      assert.ok(status === 'cancelled' || stoppedAt.step === 1200, `${status} at step ${stoppedAt.step}`);
    } finally {
      await service.remove();
    }
  });

  it('wait behind the runs of people, a few at a time, and end when they are cancelled', async () => {
    const service = await startService({ trains: true, workers: 0 });
    try {
      const { client, stations } = service;
      const { id: runId } = await client.submit(zeros);
      const claimed = await stations.store.runs.claim(runId, 'test');
      assert.ok(claimed);
      await stations.store.log.append({ runId, attempt: 1 }, [], {
        to: 'failed',
        error: { code: 'DIVERGED', message: 'for this test' },
      });
      const { runs, progress } = await client.startTrials(runId);
      assert.ok(runs.length > 0 && runs.length < progress.total / 2, `${runs.length} of ${progress.total} wait`);
      const { id: theirs } = await client.submit(zeros);
      assert.equal((await client.get(theirs)).queuePosition, 0);

      const again = await ask(`${service.url}/v1/runs/${runId}/trials`, { json: {} });
      assert.deepEqual([again.status, codeOf(again)], [409, 'WRONG_STATE']);
      const cancelled = await client.cancelTrials(runId);
      assert.equal(cancelled.status, 'cancelled');
      for (const id of runs) assert.equal((await client.get(id)).status, 'cancelled');
      assert.deepEqual((await client.cancelTrials(runId)).status, 'cancelled', 'a second time has no effect');

      const headers = { 'idempotency-key': 'once' };
      const repeated = () => ask(`${service.url}/v1/runs/${runId}/trials`, { json: { seeds: 1 }, headers });
      const [first, second] = [await repeated(), await repeated()];
      assert.deepEqual([second.status, second.body], [201, first.body]);
      assert.equal(second.headers.get('location'), first.headers.get('location'));
    } finally {
      await service.remove();
    }
  });

  it('are refused before anything is created if they cannot begin', async () => {
    const service = await startService({ workers: 0, queue: { maxQueued: 2 } });
    try {
      const { client, stations, url } = service;
      const { id: runId } = await client.submit(rehearsed());
      const refusal = async (json: object) => {
        const answer = await ask(`${url}/v1/runs/${runId}/trials`, { json });
        return [answer.status, codeOf(answer)];
      };
      assert.deepEqual(await refusal({}), [409, 'WRONG_STATE'], 'there is no diagnosis yet');
      await stations.store.runs.claim(runId, 'test');
      await stations.store.log.append({ runId, attempt: 1 }, [], {
        to: 'failed',
        error: { code: 'DIVERGED', message: 'for this test' },
      });
      assert.deepEqual(await refusal({ advice: ['none'] }), [400, 'INVALID_REQUEST']);
      assert.deepEqual(await refusal({ seeds: 11 }), [400, 'INVALID_REQUEST']);
      assert.deepEqual(await refusal({ advice: ['nothing'] }), [400, 'INVALID_REQUEST']);
      await client.submit(rehearsed());
      await client.submit(rehearsed());
      assert.deepEqual(await refusal({}), [429, 'QUEUE_FULL']);
      assert.equal((await ask(`${url}/v1/runs/${runId}/trials`)).status, 404);
      assert.equal((await client.listPage({ trials: 'include' })).data.length, 3);
    } finally {
      await service.remove();
    }
  });
});
