import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelumineError } from '../../src/errors.ts';
import type { Store, TrialResult, TrialsPlan } from '../../src/store/store.ts';
import { describeStores } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';

const plan: TrialsPlan = { task: 'classification', seeds: [1, 2], pieces: [] };
const result = (runId: string, score: number): TrialResult => ({
  runId,
  outcome: 'measured',
  isFixed: true,
  score,
  figures: { valLoss: 1 - score },
});
const source = () => ({ kind: 'trained' as const, spec: jobSpec(), progress: progressAt(0, 50) });

async function begin(store: Store) {
  const run = await store.runs.create(source());
  const trials = await store.trials.begin(run.id, plan);
  assert.ok(trials);
  return { run, trials };
}

describeStores((store) => {
  test('trials of a run begin once, and are replaced when they are over', async () => {
    const { run, trials } = await begin(store());
    assert.deepEqual(trials, {
      id: trials.id,
      runId: run.id,
      status: 'running',
      plan,
      results: {},
      createdAt: trials.createdAt,
      finishedAt: null,
    });
    assert.deepEqual(await store().trials.get(run.id), trials);
    assert.equal(await store().trials.begin(run.id, plan), null);

    const part = await store().runs.createTrial(source(), { trialsId: trials.id, trial: 0 });
    assert.ok(part);
    assert.equal(await store().trials.end(trials.id, 'finished'), true);
    assert.equal(await store().trials.end(trials.id, 'cancelled'), false);
    const again = await store().trials.begin(run.id, plan);
    assert.ok(again && again.id !== trials.id);
    assert.equal(await store().runs.get(part.id), null, 'its runs are deleted with it');
    assert.equal(await store().trials.status(trials.id), null);
  });

  test('trials of a run that does not exist are refused', async () => {
    await assert.rejects(
      store().trials.begin(`run_${'0'.repeat(26)}`, plan),
      (error) => error instanceof RelumineError && error.code === 'RUN_NOT_FOUND',
    );
    assert.equal(await store().trials.get('nothing'), null);
  });

  test('a trial has at most one run, and none without its trials', async () => {
    const { run, trials } = await begin(store());
    const make = (trial: number) => store().runs.createTrial(source(), { trialsId: trials.id, trial });
    const made = await Promise.all([make(1), make(1), make(1)]);
    assert.equal(made.filter(Boolean).length, 1);
    await make(0);
    assert.deepEqual(
      (await store().trials.parts(trials.id)).map(({ trial, status, step, steps }) => [trial, status, step, steps]),
      [
        [0, 'queued', 0, 50],
        [1, 'queued', 0, 50],
      ],
    );
    const { experiment } = run;
    const listed = await store().runs.list({ experiment, trials: 'include', limit: 500 });
    const parts = await store().trials.parts(trials.id);
    assert.ok(parts.every(({ id }) => listed.data.some((other) => other.id === id)));
    const ordinary = await store().runs.list({ experiment, limit: 500 });
    assert.ok(!parts.some(({ id }) => ordinary.data.some((other) => other.id === id)));

    await store().runs.delete(run.id);
    assert.equal(await store().trials.get(run.id), null);
    for (const { id } of parts) assert.equal(await store().runs.get(id), null);
    assert.equal(await make(2), null);
  });

  test('results are added one by one', async () => {
    const { run, trials } = await begin(store());
    await store().trials.keep(trials.id, { 0: result('a', 0.5), 1: result('b', 0.25) });
    await store().trials.keep(trials.id, { 1: result('b', 0.75) });
    assert.deepEqual((await store().trials.get(run.id))?.results, { 0: result('a', 0.5), 1: result('b', 0.75) });
  });

  test('trials are unfinished while they run, and while cancelled ones have runs to cancel', async () => {
    const { trials } = await begin(store());
    const isUnfinished = async () => (await store().trials.unfinished()).some(({ id }) => id === trials.id);
    assert.equal(await isUnfinished(), true);
    const part = await store().runs.createTrial(source(), { trialsId: trials.id, trial: 0 });
    await store().trials.end(trials.id, 'cancelled');
    assert.equal(await isUnfinished(), true);
    await store().runs.transition(part!.id, { from: ['queued'], to: 'cancelled' });
    assert.equal(await isUnfinished(), false);
  });

  test('a worker that trains a trial loses it with its trials', async () => {
    const { run, trials } = await begin(store());
    const part = await store().runs.createTrial(source(), { trialsId: trials.id, trial: 0 });
    const claimed = await store().runs.claim(part!.id, 'worker');
    assert.equal(claimed?.attempt, 1);
    await store().runs.delete(run.id);
    assert.equal(await store().log.append({ runId: part!.id, attempt: 1 }, [], { progress: progressAt(5) }), null);
  });
});
