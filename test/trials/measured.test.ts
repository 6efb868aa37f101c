import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inMeasuredOrder, toAnswer } from '../../src/trials/answer.ts';
import { rankPieces } from '../../src/trials/measured.ts';
import { isFarBehind, nextTrials } from '../../src/trials/prospects.ts';
import type { StoredTrials, TrialResult, TrialsPlan } from '../../src/store/store.ts';
import type { Advice, Change } from '../../src/vocabulary/index.ts';

const path = (name: string): Change => ({ path: name, from: 0, to: 1 });
const piece = (code: Advice['code'], change = [path('training.epochs')], more: Partial<Advice> = {}): Advice => ({
  code,
  addresses: [],
  reason: '',
  evidence: {},
  limits: '',
  patch: { [code]: 1 },
  change,
  ...more,
});
const planOf = (pieces: Advice[], seeds = [1, 2, 3], task: TrialsPlan['task'] = 'classification'): TrialsPlan => ({
  task,
  seeds,
  pieces,
});
const loss = (valLoss: number, more: Partial<TrialResult> = {}): TrialResult => ({
  runId: 'run',
  outcome: 'measured',
  isFixed: valLoss < 0.5,
  score: 1 - valLoss,
  figures: { valLoss },
  ...more,
});
const ended = (outcome: TrialResult['outcome']): TrialResult => ({
  runId: null,
  outcome,
  isFixed: false,
  score: null,
  figures: {},
});
/** Results in the order of their numbers. */
const numbered = (...results: (TrialResult | null)[]): Record<number, TrialResult> =>
  Object.fromEntries(results.flatMap((result, number) => (result ? [[number, result]] : [])));
const measuredOf = (plan: TrialsPlan, results: Record<number, TrialResult>) =>
  rankPieces(plan, results).map(({ measured }) => measured);

const r2 = (value: number) => loss(1, { figures: { valLoss: 1000 * (1 - value), r2: value } });
const counted = (accuracy: number) => loss(1, { figures: { valLoss: 1, valAccuracy: accuracy } });
const order = (plan: TrialsPlan, results: Record<number, TrialResult>) =>
  rankPieces(plan, results).map(({ advice: { code } }) => code);
/** Of the first of two seeds. */
const first = (...results: (TrialResult | null)[]) => numbered(...results.flatMap((result) => [result, null]));
const shown = ({ advice }: { advice: Advice[] }) =>
  advice.map(({ code, combines, measured }) => `${combines?.join('+') ?? code} ${measured?.fixed ?? '-'}`);
const twice = (first: TrialResult, second = first): TrialResult[] => [first, second];

describe('a piece that was tried', () => {
  const plan = planOf([piece('elu')]);

  it('is measured by pairs of runs with the same seed', () => {
    assert.deepEqual(measuredOf(plan, numbered(loss(1), loss(2), loss(3), loss(0.1), loss(0.4), loss(2.5))), [
      {
        runs: 3,
        fixed: 2,
        metric: 'valLoss',
        before: 2,
        after: 0.4,
        effect: -1.6,
        interval: [-1.6, -0.5],
        agrees: true,
      },
    ]);
  });

  it('does not agree where one seed changed the other way, or where there is one seed', () => {
    const [mixed] = measuredOf(plan, numbered(loss(1), loss(2), loss(3), loss(0.1), loss(0.4), loss(3.5)));
    assert.deepEqual([mixed?.agrees, mixed?.interval], [false, [-1.6, 0.5]]);
    const [single] = measuredOf(planOf([piece('elu')], [1]), numbered(loss(1), loss(0.25)));
    assert.deepEqual([single?.runs, single?.effect, single?.interval, single?.agrees], [1, -0.75, null, false]);
  });

  it('counts a run that diverged as the worst', () => {
    const [once] = measuredOf(plan, numbered(loss(1), loss(2), loss(3), loss(0.1), ended('diverged'), loss(0.2)));
    assert.deepEqual([once?.fixed, once?.after, once?.interval, once?.agrees], [2, 0.2, null, false]);
    const [twice] = measuredOf(
      plan,
      numbered(loss(1), loss(2), loss(3), loss(0.1), ended('diverged'), ended('stopped')),
    );
    assert.deepEqual([twice?.before, twice?.after, twice?.effect], [2, null, null]);
    const [saved] = measuredOf(
      plan,
      numbered(ended('diverged'), ended('diverged'), ended('diverged'), loss(1), loss(2), loss(3)),
    );
    assert.deepEqual([saved?.before, saved?.after, saved?.agrees], [null, 2, true]);
  });

  it('is not measured by what was skipped or cancelled', () => {
    const [some] = measuredOf(
      plan,
      numbered(loss(1), loss(2), loss(3), loss(0.1), ended('skipped'), ended('cancelled')),
    );
    assert.equal(some?.runs, 1);
    assert.deepEqual(measuredOf(plan, numbered(loss(1), null, null, ended('cancelled'))), [null]);
    assert.deepEqual(measuredOf(plan, numbered(null, null, null, loss(1))), [null], 'there is nothing to compare with');
  });

  it('is measured by R² or accuracy where the losses have different units', () => {
    const [targets] = measuredOf(
      planOf([piece('normalizeTargets', [path('dataset.normalizeTargets')])], [1, 2], 'regression'),
      numbered(r2(0.1), r2(0.2), r2(0.9), r2(0.8)),
    );
    assert.deepEqual([targets?.metric, targets?.before, targets?.agrees], ['r2', 0.15000000000000002, true]);
    const [weights] = measuredOf(
      planOf([piece('elu', [path('training.classWeights')])], [1]),
      numbered(counted(0.5), counted(0.75)),
    );
    assert.deepEqual([weights?.metric, weights?.effect], ['valAccuracy', 0.25]);
  });
});

describe('pieces that were tried', () => {
  it('come by what they fixed, then by the score, then with fewer changes', () => {
    const plan = planOf(
      [piece('prelu'), piece('elu', [path('a'), path('b')]), piece('selu'), piece('leakyRelu'), piece('clipGradients')],
      [1, 2],
    );
    const results = numbered(
      ...twice(loss(1)), // untouched
      ...twice(loss(0.4), loss(0.6)), // fixes one of two
      ...twice(loss(0.2)),
      ...twice(loss(0.2)),
      ...twice(ended('diverged'), ended('skipped')),
      ...twice(loss(2)),
    );
    assert.deepEqual(order(plan, results), ['selu', 'elu', 'prelu', 'clipGradients', 'leakyRelu']);
  });

  it('with fewer changes come first where the scores differ by less than a hundredth', () => {
    const plan = planOf([piece('elu', [path('a'), path('b')]), piece('selu')], [1]);
    assert.deepEqual(order(plan, numbered(loss(1), loss(0.011), loss(0.013))), ['selu', 'elu']);
    assert.deepEqual(order(plan, numbered(loss(1), loss(0.01), loss(0.1))), ['elu', 'selu']);
  });

  it('come before those that fixed nothing as long as they are not measured', () => {
    const plan = planOf([piece('prelu'), piece('elu'), piece('selu')], [1]);
    assert.deepEqual(order(plan, numbered(loss(1), loss(0.9), null, loss(0.1))), ['selu', 'elu', 'prelu']);
  });
});

describe('the next trials', () => {
  const plan = planOf([piece('prelu'), piece('elu'), piece('selu')], [1, 2]);
  it('are the first seed of everything, then the untouched job', () => {
    assert.deepEqual(nextTrials(plan, {}), { open: [0, 2, 4, 6, 1], skipped: [] });
    assert.deepEqual(nextTrials(plan, first(loss(1), loss(0.1), loss(0.1))), { open: [6, 1], skipped: [] });
  });

  it('leave out what diverged, and what helped nothing where something else did', () => {
    assert.deepEqual(nextTrials(plan, first(loss(1), loss(0.1), loss(1), ended('diverged'))), {
      open: [1, 3],
      skipped: [5, 7],
    });
    assert.deepEqual(nextTrials(plan, first(loss(1), loss(0.1), loss(0.9), ended('stopped'))), {
      open: [1, 3, 5],
      skipped: [7],
    });
    assert.deepEqual(nextTrials(plan, first(loss(1), loss(2), loss(0.9), loss(1))).skipped, [], 'nothing helped yet');
  });

  it('are none in the end', () => {
    const all = numbered(...Array.from({ length: 8 }, () => loss(1)));
    assert.deepEqual(nextTrials(plan, all), { open: [], skipped: [] });
  });

  it('are stopped far behind only if they are worse than a constant answer, and than twice the untouched job', () => {
    assert.deepEqual([isFarBehind(3, 1), isFarBehind(1.5, 1), isFarBehind(0.9, 0.1)], [true, false, false]);
  });
});

describe('a diagnosis after trials', () => {
  const [prelu, elu, selu] = [piece('prelu'), piece('elu'), piece('selu')] as const;
  const untried = piece('leakyRelu');
  const pair = piece('prelu', [path('a'), path('b')], { combines: ['prelu', 'elu'], patch: { pair: 1 } });
  const diagnosis = { object: 'diagnosis' as const, step: 9, findings: [], advice: [prelu, elu, selu, untried] };
  const trials = (results: Record<number, TrialResult>, pieces = [prelu, elu, selu, pair]): StoredTrials => ({
    id: 'trials_1',
    runId: 'run_1',
    status: 'finished',
    plan: planOf(pieces, [1]),
    results,
    createdAt: '',
    finishedAt: null,
  });
  it('gives what fixed something, then what was not tried, then what fixed nothing', () => {
    assert.deepEqual(
      shown(inMeasuredOrder(diagnosis, trials(numbered(loss(1), loss(0.9), loss(0.3), loss(0.8), loss(0.1))))),
      ['prelu+elu 1', 'elu 1', 'leakyRelu -', 'selu 0', 'prelu 0'],
    );
  });

  it('gives no pair that was not measured, and nothing that it does not advise any more', () => {
    assert.deepEqual(shown(inMeasuredOrder(diagnosis, trials(numbered(loss(1), null, loss(0.1))))), [
      'elu 1',
      'prelu -',
      'selu -',
      'leakyRelu -',
    ]);
    const changed = { ...diagnosis, advice: [elu] };
    assert.deepEqual(shown(inMeasuredOrder(changed, trials(numbered(loss(1), loss(0.1), loss(0.2))))), ['elu 1']);
    assert.equal(inMeasuredOrder(diagnosis, null), diagnosis);
  });

  it('is told by an answer that names every run', () => {
    const { progress, runs, untouched, pieces } = toAnswer(trials(numbered(loss(1), loss(0.9))), [
      { id: 'run_a', trial: 0, status: 'succeeded', step: 1, steps: 1 },
      { id: 'run_b', trial: 1, status: 'succeeded', step: 1, steps: 1 },
      { id: 'run_c', trial: 2, status: 'running', step: 0, steps: 1 },
    ]);
    assert.deepEqual([progress, runs], [{ ended: 2, total: 5 }, ['run_a', 'run_b', 'run_c']]);
    assert.deepEqual(untouched, [{ runId: 'run_a', seed: 1, outcome: 'measured', isFixed: false, score: 0 }]);
    assert.deepEqual(
      pieces.map(({ code, trials: [trial] }) => [code, trial?.runId, trial?.outcome]),
      [
        ['elu', 'run_c', null],
        ['selu', null, null],
        ['prelu', null, null],
        ['prelu', 'run_b', 'measured'],
      ],
    );
  });
});
