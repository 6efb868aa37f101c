import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownPlans } from '../../src/engine/known-plans.ts';
import type { TrainingData } from '../../src/engine/network.ts';
import { planNetwork } from '../../src/engine/programs/plan-network.ts';
import type { EngineName, ModelSpec, TrainingSpec } from '../../src/vocabulary/index.ts';
import { ADAM, classificationData, dense, SGD, training } from './specs.ts';

type Asked = [choice: 'auto' | EngineName, model: ModelSpec, training: TrainingSpec, data: TrainingData];

const shift = Float32Array.of(0, 1, 2);
const data = (changes: Partial<TrainingData> = {}): TrainingData => ({
  ...classificationData(),
  normalization: { shift, scale: Float32Array.of(1, 1, 1) },
  classWeights: Float32Array.of(1, 1, 2),
  ...changes,
});
const base: Asked = ['auto', { layers: [dense(4), dense(3)] }, training(), data()];
const changed = <Place extends number>(place: Place, value: Asked[Place]): Asked =>
  base.with(place, value) as unknown as Asked;

test('a network of the same shape has the same plan, whatever it begins with and trains on', () => {
  const plans = new KnownPlans();
  const plan = plans.of(...base);
  const [, model, spec] = base;
  for (const asked of [
    base,
    changed(1, structuredClone(model)),
    changed(1, { ...model, initialWeights: { data: 'a'.repeat(64) } as never }),
    changed(2, { ...spec, seed: 2, epochs: 7 }),
    changed(3, data({ inputs: data().inputs.map((value) => value / 2) as Float32Array })),
  ])
    assert.equal(plans.of(...asked), plan);
});

test('everything that programs depend on makes another plan', () => {
  const plans = new KnownPlans();
  const [, , spec] = base;
  const first = plans.of(...base);
  const known = new Set([first]);
  for (const asked of [
    changed(0, 'tensorflow'),
    changed(1, { layers: [dense(4), dense(4)] }),
    changed(1, { layers: [dense(4, { type: 'tanh' }), dense(3)] }),
    changed(2, { ...spec, optimizer: ADAM }),
    changed(2, { ...spec, optimizer: { ...SGD, learningRate: 0.2 } }),
    changed(2, { ...spec, batchSize: 9 }),
    changed(2, { ...spec, clipNorm: 1 }),
    changed(3, classificationData(47)),
    changed(3, data({ inputs: new Uint8Array(48 * 3) })),
    changed(3, data({ normalization: null })),
    changed(3, data({ normalization: { shift: Float32Array.of(-0, 1, 2), scale: Float32Array.of(1, 1, 1) } })),
    changed(3, data({ classWeights: Float32Array.of(1, 1, 3) })),
  ]) {
    const plan = plans.of(...asked);
    assert.ok(!known.has(plan), JSON.stringify(asked));
    known.add(plan);
    const [, ...network] = asked;
    assert.deepEqual(plan.programs, planNetwork(...network));
  }
});

test('a bounded number of small plans is kept', () => {
  const plans = new KnownPlans();
  const withUnits = (units: number): Asked => changed(1, { layers: [dense(units)] });
  const [first, second] = [plans.of(...withUnits(1)), plans.of(...withUnits(2))];
  for (let units = 3; units <= 16; units++) plans.of(...withUnits(units));
  assert.equal(plans.of(...withUnits(1)), first);
  plans.of(...withUnits(17));
  assert.equal(plans.of(...withUnits(1)), first, 'it was asked for lately');
  assert.notEqual(plans.of(...withUnits(2)), second);

  const features = 30_000;
  const long = changed(3, classificationData(1, features));
  long[3] = {
    ...long[3],
    normalization: { shift: new Float32Array(features), scale: new Float32Array(features).fill(1) },
  };
  assert.notEqual(plans.of(...long), plans.of(...long));
});
