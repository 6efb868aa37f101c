import { test } from 'node:test';
import assert from 'node:assert/strict';
import { activityMetrics, estimate, lifeEvents } from '../../src/neurons/index.ts';
import { activationRange, activate } from '../../src/neurons/activation.ts';
import { boundPreActivations } from '../../src/neurons/verdict/certificate.ts';
import { firedBound, wilson } from '../../src/neurons/bounds.ts';
import { ACTIVATIONS, type LayerSpec, type Neurons } from '../../src/vocabulary/index.ts';
import { Random } from '../../src/random.ts';
import { trace, weightsOf, type ReferenceLayer } from '../../bench/verify/reference-network.ts';
import { grid, layerSpec, linear, oneLayer, verdictOf } from './fixtures.ts';

/** Three neurons: the bias of the first moves, the second is always active, the third never. */
const lifeAt = (bias: number, step: number, previous: Neurons | null): Neurons =>
  verdictOf(
    oneLayer({ type: 'relu' }, [
      [1, bias],
      [1, 0],
      [1, -3],
    ]),
    grid(101),
    { step, previous },
  );
const states = (neurons: Neurons, layer = 0) => neurons.layers[layer]!.neurons.map(({ state }) => state);

test('relu neurons are active, rare, dead or constant by their outputs on all samples', () => {
  const verdict = verdictOf(
    oneLayer({ type: 'relu' }, [
      [1, 0],
      [1, -0.995],
      [1, -1],
      [-1, -2],
      [0, 3],
      [1, -0.5],
    ]),
    grid(1001),
  );
  assert.deepEqual(states(verdict), ['active', 'rare', 'dead', 'dead', 'constant', 'active']);
  const [active, rare, , dead] = verdict.layers[0]!.neurons;
  assert.equal(active!.firedFraction, 500 / 1001);
  assert.ok(rare!.firedFraction > 0 && rare!.firedFraction < 0.01);
  assert.equal(dead!.gradientZero, true);
  assert.equal(dead!.firedBound, 3 / 1001);
  assert.equal(dead!.maxPreActivation, -1);
  assert.deepEqual(verdict.layers[0]!.counts, {
    active: 2,
    rare: 1,
    silent: 0,
    dead: 2,
    stuck: 0,
    constant: 1,
    saturated: 0,
  });
});

test('a leaky neuron that is never on its steep side is stuck, not dead', () => {
  const verdict = verdictOf(
    oneLayer({ type: 'leakyRelu', alpha: 0.01 }, [
      [1, 0],
      [1, -2],
    ]),
    grid(101),
  );
  assert.deepEqual(states(verdict), ['active', 'stuck']);
  assert.equal(verdict.layers[0]!.neurons[1]!.gradientZero, false);
  assert.equal(verdict.layers[0]!.definitions!.kerasContrib, 0);
  assert.equal(verdict.layers[0]!.definitions!.sagemaker, 1);
  for (const type of ['elu', 'selu', 'celu', 'softplus', 'gelu', 'silu', 'mish'] as const) {
    assert.deepEqual(states(verdictOf(oneLayer({ type, alpha: 1 }, [[1, -2]]), grid(101))), ['stuck'], type);
  }
});

test('tanh and sigmoid saturate; a sigmoid that never sees z > 0 is as alive as any', () => {
  assert.deepEqual(
    states(
      verdictOf(
        oneLayer({ type: 'tanh' }, [
          [1, 0],
          [1, 5],
          [0, 0.3],
          [1, 60],
        ]),
        grid(101),
      ),
    ),
    ['active', 'saturated', 'constant', 'saturated'],
  );
  assert.deepEqual(
    states(
      verdictOf(
        oneLayer({ type: 'sigmoid' }, [
          [1, -1.5],
          [1, -9],
        ]),
        grid(101),
      ),
    ),
    ['active', 'saturated'],
  );
});

test('a neuron that training saw firing shortly before is rare, not silent or stuck, unless it is proved dead', () => {
  const part = { isComplete: false, box: { low: [-1], high: [1] } };
  for (const [activation, unseen, proved] of [
    [{ type: 'relu' }, 'silent', 'dead'],
    [{ type: 'leakyRelu', alpha: 0.01 }, 'stuck', 'stuck'],
  ] as const) {
    const layers = oneLayer(activation, [
      [1, -0.99],
      [1, -2],
    ]);
    const statesIf = (isAlive: number[]) => states(verdictOf(layers, grid(11).slice(0, 10), { ...part, isAlive }));
    assert.deepEqual(statesIf([0, 0]), [unseen, proved]);
    assert.deepEqual(statesIf([1, 0]), ['rare', proved]);
    assert.deepEqual(statesIf([1, 1]), ['rare', proved]);
  }
});

test('a pass over part of the samples calls a neuron silent unless it is proved dead', () => {
  const layers = oneLayer({ type: 'relu' }, [
    [1, -0.99],
    [1, -2],
  ]);
  const verdict = verdictOf(layers, grid(11).slice(0, 10), { isComplete: false, box: { low: [-1], high: [1] } });
  assert.deepEqual(states(verdict), ['silent', 'dead']);
  assert.deepEqual(
    verdict.layers[0]!.neurons.map(({ permanent }) => permanent),
    [false, true],
  );
});

test('one sample is not enough to call a neuron constant', () => {
  assert.deepEqual(states(verdictOf(oneLayer({ type: 'relu' }, [[1, 0]]), [[1]])), ['active']);
});

test('measurements that are not finite mean divergence, and nothing else is reported', () => {
  for (const bad of [NaN, Infinity]) {
    const verdict = verdictOf(
      oneLayer({ type: 'relu' }, [
        [bad, 0],
        [1, 0],
      ]),
      grid(11),
    );
    assert.deepEqual({ finite: verdict.finite, layers: verdict.layers }, { finite: false, layers: [] });
    assert.deepEqual(lifeEvents(null, verdict), []);
    assert.deepEqual(activityMetrics(verdict), {});
  }
});

test('histories record births, deaths and revivals, and events name what changed', () => {
  const first = lifeAt(0, 0, null),
    second = lifeAt(-2, 10, first),
    third = lifeAt(-2, 20, second),
    fourth = lifeAt(0, 30, third);
  assert.deepEqual(
    fourth.layers[0]!.neurons.map(({ history }) => history),
    [
      [
        { type: 'died', step: 10, after: 0 },
        { type: 'revived', step: 30, after: 20 },
      ],
      [],
      [{ type: 'bornDead', step: 0 }],
    ],
  );
  assert.deepEqual(
    lifeEvents(null, first).map(({ code, neuron }) => [code, neuron]),
    [['NEURONS_BORN_DEAD', 2]],
  );
  assert.deepEqual(
    lifeEvents(first, second).map(({ code, neuron, level }) => [code, neuron, level]),
    [['NEURONS_DIED', 0, 'critical']],
  );
  assert.deepEqual(lifeEvents(second, third), []);
  const [died] = lifeEvents(first, second);
  assert.equal(died?.message, '1 of 3 neurons of dense_1 died between step 0 and 10; 2 are now inactive');
  assert.equal(died.data?.['after'], 0);
  const [born] = lifeEvents(null, first);
  assert.equal(born?.message, '1 of 3 neurons of dense_1 was born dead at step 0; 1 is now inactive');
  assert.deepEqual(
    lifeEvents(third, fourth).map(({ code }) => code),
    ['NEURONS_REVIVED'],
  );
  assert.deepEqual(activityMetrics(second), {
    activeFraction: 1 / 3,
    deadNeurons: 2,
    'activeFraction/dense_1': 1 / 3,
    'deadNeurons/dense_1': 2,
  });
});

test('the dormant score is that of the reference code: it sums to the number of neurons', () => {
  const verdict = verdictOf(
    oneLayer({ type: 'relu' }, [
      [0, 0],
      [0, 1],
      [0, 3],
    ]),
    grid(11),
  );
  const scores = verdict.layers[0]!.neurons.map(({ tauScore }) => tauScore!);
  [0, 0.75, 2.25].forEach((expected, j) => assert.ok(Math.abs(scores[j]! - expected) < 1e-8));
  assert.equal(verdict.layers[0]!.definitions!.tauDormant, 1);
});

test('the zero-gradient ratio counts the entries of the full gradient', () => {
  // Two of three neurons of the first layer are dead: two columns of its kernel and bias have no gradient, and two rows
  // of the next one.
  const layers: ReferenceLayer[] = [
    { kernel: [[1, 1, 1]], bias: [0, -2, -3], activation: { type: 'relu' } },
    {
      kernel: [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      bias: [0, 0.1],
      activation: { type: 'relu' },
    },
    { kernel: [[1], [1]], bias: [0], activation: linear },
  ];
  const verdict = verdictOf(layers, grid(101));
  assert.deepEqual(
    verdict.layers.map(({ definitions }) => definitions!.autotrainer),
    [4 / 6, 4 / 8],
  );
  assert.deepEqual(
    verdict.layers.map(({ definitions }) => definitions!.kerasContrib),
    [2, 0],
  );
});

test('the range of every activation contains its values', () => {
  const random = new Random(1, 'risk');
  for (const type of ACTIVATIONS) {
    for (const alpha of [1, 0.01, 0, -0.5]) {
      for (let round = 0; round < 50; round++) {
        const a = 8 * random.normal(),
          b = 8 * random.normal();
        const [low, high] = [round % 7 === 0 ? -Infinity : Math.min(a, b), round % 5 === 0 ? Infinity : Math.max(a, b)];
        const [from, to] = activationRange({ type, alpha }, low, high);
        for (let k = 0; k < 20; k++) {
          const z = Math.max(low, -1e3) + random.uniform() * (Math.min(high, 1e3) - Math.max(low, -1e3));
          const value = activate({ type, alpha }, z);
          assert.ok(
            Number.isNaN(value) || (from <= value && value <= to),
            `${type}(${z}) = ${value} outside [${from}, ${to}]`,
          );
        }
      }
    }
  }
});

test('no input in the box contradicts the bounds of the certificate', () => {
  const random = new Random(2, 'risk');
  for (const type of ACTIVATIONS) {
    const widths = [3, 6, 5, 4];
    const layers = widths.slice(1).map((units, k): ReferenceLayer => ({
      kernel: Array.from({ length: widths[k]! }, () => Array.from({ length: units }, () => random.normal())),
      bias: Array.from({ length: units }, () => random.normal() - 1),
      activation: { type, alpha: 0.3 },
    }));
    const box = { low: [-1, 0, -0.5], high: [0, 1, 0.5] };
    const bounds = boundPreActivations(layers.map(layerSpec), weightsOf(layers), box);
    for (let round = 0; round < 300; round++) {
      const input = box.low.map((low, i) =>
        round < 8 ? [low, box.high[i]!][(round >> i) & 1]! : low + random.uniform() * (box.high[i]! - low),
      );
      const { z } = trace(layers, input, [0, 0, 0, 0]);
      z.forEach((values, k) =>
        values.forEach((value, j) => {
          assert.ok(
            value <= bounds[k]!.inBox[j]!,
            `${type} layer ${k} neuron ${j}: ${value} above ${bounds[k]!.inBox[j]}`,
          );
          assert.ok(bounds[k]!.inBox[j]! <= bounds[k]!.anyUpstream[j]! + 1e-9);
        }),
      );
    }
  }
});

test('only negative weights on inputs that cannot be negative prove death for any upstream', () => {
  const layers: ReferenceLayer[] = [
    { kernel: [[1, -1]], bias: [1.5, 1.5], activation: { type: 'relu' } },
    {
      kernel: [
        [-1, 0.1],
        [-2, 0.1],
      ],
      bias: [0, -5],
      activation: { type: 'relu' },
    },
    { kernel: [[1], [1]], bias: [0], activation: linear },
  ];
  const verdict = verdictOf(layers, grid(101));
  assert.deepEqual(
    verdict.layers[1]!.neurons.map(({ state, certificate }) => [state, certificate]),
    [
      ['dead', 'anyUpstream'],
      ['dead', 'inputBox'],
    ],
  );
});

test('nothing is proved across a normalisation layer', () => {
  const dense = layerSpec({ kernel: [[-1]], bias: [-1], activation: { type: 'relu' } });
  const weights = [
    { inputs: 1, units: 1, kernel: [-1], bias: [-1], alpha: null },
    { inputs: 1, units: 1, kernel: [-1], bias: [-1], alpha: null },
  ];
  const box = { low: [0], high: [1] };
  const normalization: LayerSpec = { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-5 };
  const after = boundPreActivations([dense, normalization, dense], weights, box);
  assert.deepEqual(
    after.map(({ inBox }) => inBox[0]! <= 0),
    [true, false],
  );
  const linearDense = layerSpec({ kernel: [[-1]], bias: [-1], activation: linear });
  const between = boundPreActivations(
    [linearDense, normalization, { type: 'activation', activation: { type: 'relu' } }],
    weights,
    box,
  );
  assert.deepEqual(
    between.map(({ inBox }) => inBox[0]),
    [Infinity],
  );
});

test('nothing is proved about a model with an unknown kind of layer', () => {
  const dense = layerSpec({ kernel: [[-1]], bias: [-1], activation: { type: 'relu' } });
  const weights = Array.from({ length: 2 }, () => ({ inputs: 1, units: 1, kernel: [-1], bias: [-1], alpha: null }));
  const unknown = { type: 'conv2d' } as never;
  assert.throws(
    () => boundPreActivations([dense, unknown, dense], weights, { low: [0], high: [1] }),
    /Layer 1 is of a kind that this version does not know/,
  );
});

test('estimates report what counters can show, and are marked as estimates', () => {
  const verdict = verdictOf(
    oneLayer({ type: 'relu' }, [
      [1, 0],
      [1, -2],
      [0, 1],
    ]),
    grid(101),
  );
  const live = estimate(verdict, 5, {
    samples: 1000,
    fired: [400, 3, 1000],
    sumAbs: [200, 0.1, 1000],
    sumAbsGradient: [1, 1, 1],
  });
  assert.equal(live.exact, false);
  assert.deepEqual(states(live), ['active', 'rare', 'constant']);
  assert.equal(live.layers[0]!.neurons[0]!.maxPreActivation, null);
  assert.deepEqual(live.layers[0]!.neurons[1]!.history, [{ type: 'bornDead', step: 0 }]);
  assert.equal(
    estimate(verdict, 5, { samples: 10, fired: [1, 1, 1], sumAbs: [NaN, 0, 0], sumAbsGradient: [0, 0, 0] }).finite,
    false,
  );
});

test('bounds of the firing rate: the rule of three without firings, otherwise Wilson', () => {
  assert.equal(firedBound(0, 1000), 0.003);
  assert.equal(firedBound(0, 2), 1);
  assert.equal(firedBound(0, 0), 1);
  assert.ok(firedBound(1, 1000) > 0.004 && firedBound(1, 1000) < 0.005);
  assert.equal(firedBound(10, 10), 1);
  // Agresti and Coull, The American Statistician 52 (1998): 0 of 10 gives [0, 0.278].
  assert.ok(Math.abs(wilson(0, 10)[1] - 0.2775) < 1e-3);
});
