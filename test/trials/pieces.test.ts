import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJob } from '../../src/jobs/index.ts';
import { patchJob, piecesToTry, trialJob } from '../../src/trials/pieces.ts';
import type { Advice, JobSpec } from '../../src/vocabulary/index.ts';

const piece = (code: Advice['code'], addresses: Advice['addresses'], patch: Advice['patch']): Advice => ({
  code,
  addresses,
  reason: `${code}.`,
  evidence: { [code]: 1 },
  limits: `Not ${code}.`,
  patch,
  change: Object.keys(patch).map((path) => ({ path, from: null, to: patch[path] })),
});
const rate = piece('reduceLearningRate', ['learningRateTooHigh'], { training: { optimizer: { learningRate: 0.01 } } });
const clip = piece('clipGradients', ['learningRateTooHigh'], { training: { clipNorm: 1 } });
const inputs = piece('normalizeInputs', ['uncentredInputs'], { dataset: { normalize: 'standard' } });
const layers = piece('leakyRelu', ['narrowAndDeep'], { model: { layers: [{ type: 'dense', units: 2 }] } });
const wider = piece('elu', ['chanceAtBirth'], { model: { layers: [{ type: 'dense', units: 9 }], output: null } });

const codes = (pieces: readonly Advice[]) => pieces.map(({ code, combines }) => combines?.join('+') ?? code);

describe('what trials try', () => {
  it('are the pieces, and the most promising pairs for different causes that change different settings', () => {
    assert.deepEqual(codes(piecesToTry([rate, clip, inputs, layers, wider], () => true)), [
      'reduceLearningRate',
      'clipGradients',
      'normalizeInputs',
      'leakyRelu',
      'elu',
      'reduceLearningRate+normalizeInputs',
      'reduceLearningRate+leakyRelu',
      'clipGradients+normalizeInputs',
    ]);
  });

  it('join two patches, and what was said about them', () => {
    const [, , pair] = piecesToTry([rate, wider], () => true);
    assert.deepEqual(pair, {
      code: 'reduceLearningRate',
      combines: ['reduceLearningRate', 'elu'],
      addresses: ['learningRateTooHigh', 'chanceAtBirth'],
      reason: 'reduceLearningRate. elu.',
      evidence: { reduceLearningRate: 1, elu: 1 },
      limits: 'Not reduceLearningRate. Not elu.',
      patch: { ...rate.patch, ...wider.patch },
      change: [...rate.change, ...wider.change],
    });
  });

  it('leave out what gives no valid job, and advice that changes nothing', () => {
    const none = piece('none', ['unknown'], {});
    assert.deepEqual(codes(piecesToTry([none, rate, inputs], (patch) => !('dataset' in patch))), [
      'reduceLearningRate',
    ]);
    assert.deepEqual(
      piecesToTry([none], () => true),
      [],
    );
  });
});

describe('the job of a trial', () => {
  const resolved = readJob({
    dataset: { name: 'moons', seed: 5 },
    model: { layers: [{ type: 'dense', units: 4 }] },
    training: { seed: 7, clipNorm: 3 },
    telemetry: { metricsEverySteps: 1 },
    priority: 5,
  });
  assert.ok('spec' in resolved);
  const { spec } = resolved;

  it('is the patched one, with defaults for what the patch removes', () => {
    const patched = patchJob(spec, { training: { epochs: 3, clipNorm: null } }, {});
    assert.deepEqual(patched?.spec.training, { ...spec.training, epochs: 3, clipNorm: null });
    assert.equal(patched?.steps, (resolved.steps / spec.training.epochs) * 3);
    assert.equal(patchJob(spec, { training: { epochs: 0 } }, {}), null);
  });

  it('trains as the run does, unwatched and behind all others', () => {
    const trial = trialJob(spec, 'a trial', 8);
    const { name: _name, notes: _notes, telemetry, priority, ...trained } = trial;
    const expected: Partial<JobSpec> = { ...spec, training: { ...spec.training, seed: 8 } };
    for (const key of ['name', 'notes', 'telemetry', 'priority'] as const) delete expected[key];
    assert.deepEqual(trained, expected);
    assert.deepEqual([telemetry.snapshotsPerSecond, priority], [0, -1000]);
  });
});
