import { test } from 'node:test';
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import {
  diagnose,
  extendWindow,
  gatherEvidence,
  openWindow,
  remedyPatch,
  type Evidence,
} from '../../src/neurons/index.ts';
import { REMEDIES_FOR } from '../../src/neurons/diagnosis/advice.ts';
import { readJob } from '../../src/jobs/index.ts';
import { mergePatch } from '../../src/vocabulary/index.ts';
import {
  ADVICE_CODES,
  OUTPUT_OPTIONS,
  type Diagnosis,
  type Failure,
  type JobSpec,
  type Neurons,
} from '../../src/vocabulary/index.ts';
import { weightsOf, type ReferenceLayer } from '../../bench/verify/reference-network.ts';
import { describeRows, grid, linear, oneLayer, verdictOf } from './fixtures.ts';

function specOf(job: Record<string, unknown> = {}): JobSpec {
  const resolved = readJob({
    dataset: { name: 'sine' },
    model: { layers: [{ type: 'dense', units: 4 }] },
    training: { seed: 1 },
    ...job,
  });
  assert.ok('spec' in resolved, JSON.stringify(resolved));
  return resolved.spec;
}

const inputs = grid(101);
const facts = describeRows(
  {
    task: 'regression',
    featureCount: 1,
    outputCount: 1,
    inputs: inputs.flat(),
    targets: inputs.map(([x]) => Math.sin(3 * x!)),
    normalization: null,
    targetNormalization: null,
    classWeights: null,
  },
  Int32Array.from(inputs, (_, i) => i),
  'meanSquaredError',
);

test('targets are normalised to what the output activation can reach', () => {
  for (const activation of OUTPUT_OPTIONS.activation.enum) {
    const spec = specOf({ model: { layers: [{ type: 'dense', units: 4 }], output: { activation } } });
    const patched = readJob(mergePatch(spec, remedyPatch('normalizeTargets', spec, 100) ?? assert.fail()));
    assert.ok('spec' in patched, JSON.stringify(patched));
    assert.equal(patched.spec.dataset.normalizeTargets, activation === 'linear' ? 'standard' : 'minMax');
  }
});

/** Verdicts of a network at steps 0, 100, 200, ... with windows of the given losses between them. */
function historyOf(
  networks: ReferenceLayer[][],
  losses: number[] = [1, 0.5],
  gradientNorms: number[] = [1, 1],
): { neurons: Neurons; evidence: Evidence }[] {
  const verdicts: { neurons: Neurons; evidence: Evidence }[] = [];
  for (const [n, network] of networks.entries()) {
    const previous = verdicts.at(-1)?.neurons ?? null;
    const neurons = verdictOf(network, inputs, { step: 100 * n, previous });
    const chunk = { learningRates: losses.map(() => 0.1), losses, gradientNorms };
    const window = n === 0 ? null : { ...extendWindow(openWindow(100 * (n - 1)), chunk), steps: 100 };
    const evidence = gatherEvidence({
      window,
      facts,
      previous,
      previousWeights: n === 0 ? null : weightsOf(networks[n - 1]!),
      current: neurons,
      weights: weightsOf(network),
    });
    verdicts.push({ neurons, evidence });
  }
  return verdicts;
}
function diagnosisOf(
  networks: ReferenceLayer[][],
  options: { spec?: JobSpec; losses?: number[]; gradientNorms?: number[]; error?: Failure | null } = {},
): Diagnosis {
  const { spec = specOf(), losses, gradientNorms, error = null } = options;
  return diagnose({ spec, verdicts: historyOf(networks, losses, gradientNorms), error, plannedSteps: 1000 });
}
const codes = (diagnosis: Diagnosis) => diagnosis.findings.map(({ code }) => code);
const adviceCodes = (diagnosis: Diagnosis) => diagnosis.advice.map(({ code }) => code);
const relu = (neurons: [number, number][]) => oneLayer({ type: 'relu' }, neurons);
const healthy = relu([
  [1, 0],
  [-1, 0],
  [1, 0.5],
  [-1, 0.5],
]);

test('a healthy network is reported as healthy, and no change is advised', () => {
  const diagnosis = diagnosisOf([healthy, healthy]);
  assert.deepEqual(codes(diagnosis), ['healthy']);
  assert.deepEqual(adviceCodes(diagnosis), ['none']);
});

test('neurons killed by a large step: cause, step and remedies', () => {
  const killed = relu([
    [1, -3],
    [-1, -3],
    [1, 0.5],
    [-1, 0.5],
  ]);
  const diagnosis = diagnosisOf([healthy, killed], { losses: [1, 0.95] });
  const [finding] = diagnosis.findings;
  assert.equal(finding!.code, 'inactiveNeurons');
  assert.equal(finding!.severity, 'critical');
  assert.equal(finding!.since, 100);
  assert.equal(finding!.layer, 'dense_1');
  assert.equal(finding!.cause!.code, 'largeUpdate');
  assert.ok(finding!.cause!.confidence > 0.5);
  assert.equal(finding!.cause!.evidence['maxLearningRate'], 0.1);
  assert.match(finding!.message, /clear sign that the job should change/);
  assert.equal(adviceCodes(diagnosis)[0], 'reduceLearningRate');
  assert.ok(diagnosis.advice[0]!.addresses.includes('largeUpdate'));
  assert.match(diagnosis.advice[0]!.limits, /cannot revive a dead neuron in the first layer/);
});

test('a slow drift of the bias is distinguished from a large update', () => {
  const wide = relu([
    [4, 1],
    [4, 1],
    [4, 1],
    [4, 1],
  ]);
  const drifted = relu([
    [4, -0.9],
    [4, 1],
    [4, 1],
    [4, 1],
  ]);
  const dead = relu([
    [3.9, -2.5],
    [4, 1],
    [4, 1],
    [4, 1],
  ]);
  const gone = relu([
    [3.9, -4],
    [4, 1],
    [4, 1],
    [4, 1],
  ]);
  const diagnosis = diagnosisOf([wide, drifted, dead, gone], { losses: [1, 0.95] });
  const death = diagnosis.findings.find(({ code }) => code === 'inactiveNeurons');
  assert.equal(death!.cause!.code, 'biasDrift');
  assert.equal(death!.since, 300);
});

test('a narrow, deep network is born dead, with consequences above the dead layer', () => {
  const layers: ReferenceLayer[] = [
    { kernel: [[1, -1]], bias: [0, 0], activation: { type: 'relu' } },
    {
      kernel: [
        [-1, -1],
        [-1, -1],
      ],
      bias: [0, 0],
      activation: { type: 'relu' },
    },
    {
      kernel: [
        [1, 1],
        [1, 1],
      ],
      bias: [0.1, 0.1],
      activation: { type: 'relu' },
    },
    { kernel: [[1], [1]], bias: [0], activation: linear },
  ];
  const spec = specOf({ model: { layers: Array.from({ length: 3 }, () => ({ type: 'dense', units: 2 })) } });
  const diagnosis = diagnosisOf([layers, layers], { spec, losses: [0.5, 0.5] });
  const [collapse, second, third] = diagnosis.findings;
  assert.equal(collapse!.code, 'networkCollapsed');
  assert.equal(collapse!.since, 0);
  assert.equal(collapse!.cause!.code, 'narrowAndDeep');
  assert.deepEqual(collapse!.cause!.evidence['widths'], [2, 2]);
  assert.ok(Math.abs((collapse!.cause!.evidence['deadAtOneInput'] as number) - (1 - 0.75 ** 2)) < 1e-12);
  assert.deepEqual([second!.code, second!.layer], ['inactiveNeurons', 'dense_2']);
  assert.deepEqual([third!.code, third!.layer], ['constantNeurons', 'dense_3']);
  const advised = adviceCodes(diagnosis);
  assert.ok(advised.includes('randomizedAsymmetric') && advised.includes('leakyRelu'));
  assert.ok(!advised.includes('reduceLearningRate'), 'no rate revives what was born dead');

  const { patch } = diagnosis.advice.find(({ code }) => code === 'randomizedAsymmetric')!;
  const asymmetric = { kernelInitializer: { type: 'randomizedAsymmetric' }, biasInitializer: { type: 'zeros' } };
  for (const output of [{}, { kernelInitializer: { type: 'orthogonal', gain: 2 } }]) {
    const { model } = specOf(
      mergePatch(specOf({ model: { ...spec.model, output } }), patch) as Record<string, unknown>,
    );
    assert.deepEqual(
      [...model.layers, model.output],
      [
        ...Array.from({ length: 3 }, () => ({ type: 'dense', units: 2, activation: { type: 'relu' }, ...asymmetric })),
        { activation: 'linear', ...asymmetric },
      ],
    );
    const again = diagnosisOf([layers, layers], { spec: specOf({ model }), losses: [0.5, 0.5] });
    assert.ok(!adviceCodes(again).includes('randomizedAsymmetric'), 'what is done already is not advised');
    const onlyHidden = diagnosisOf([layers, layers], {
      spec: specOf({ model: { ...model, output: {} } }),
      losses: [0.5, 0.5],
    });
    assert.ok(adviceCodes(onlyHidden).includes('randomizedAsymmetric'), 'the output layer belongs to it');
  }
});

test('the death of a layer is the cause of the deaths above it', () => {
  const alive: ReferenceLayer[] = [
    { kernel: [[1, -1]], bias: [0, 0], activation: { type: 'relu' } },
    {
      kernel: [
        [1, -1],
        [1, 1],
      ],
      bias: [-0.1, 0.1],
      activation: { type: 'relu' },
    },
    { kernel: [[1], [1]], bias: [0], activation: linear },
  ];
  const dead = [{ ...alive[0]!, bias: [-2, -2] }, alive[1]!, alive[2]!];
  const spec = specOf({ model: { layers: Array.from({ length: 2 }, () => ({ type: 'dense', units: 2 })) } });
  const diagnosis = diagnosisOf([alive, dead], { spec, losses: [0.5, 0.5] });
  assert.equal(
    diagnosis.findings.find(({ layer, code }) => layer === 'dense_2' && code === 'inactiveNeurons')!.cause!.code,
    'upstreamDeath',
  );
});

test('a few dead neurons are harmless while the loss is fine, and their share is reported', () => {
  const many: [number, number][] = Array.from({ length: 20 }, (_, j) => [j % 2 ? 1 : -1, j === 3 ? -5 : 0.1]);
  const network = relu(many);
  const diagnosis = diagnosisOf([network, network], {
    losses: [0.01, 0.01],
    spec: specOf({ model: { layers: [{ type: 'dense', units: 20 }] } }),
  });
  assert.deepEqual(codes(diagnosis), ['inactiveNeurons', 'harmlessCapacityLoss']);
  assert.ok(diagnosis.findings.every(({ severity }) => severity === 'info'));
  assert.equal(diagnosis.findings[1]!.cause!.evidence['share'], 0.05);
  assert.deepEqual(adviceCodes(diagnosis), ['none']);
});

test('a tenth of a layer gives a warning', () => {
  const network = relu(Array.from({ length: 10 }, (_, j) => [j % 2 ? 1 : -1, j === 3 ? -5 : 0.1]));
  const diagnosis = diagnosisOf([network], { spec: specOf({ model: { layers: [{ type: 'dense', units: 10 }] } }) });
  assert.equal(diagnosis.findings[0]!.severity, 'warning');
  assert.notDeepEqual(adviceCodes(diagnosis), ['none']);
});

test('divergence is reported as such, and no neuron is counted', () => {
  const diagnosis = diagnosisOf(
    [
      healthy,
      relu([
        [NaN, 0],
        [1, 0],
        [1, 0],
        [1, 0],
      ]),
    ],
    {
      losses: [1, 40, NaN],
      gradientNorms: [1, 900, NaN],
      error: { code: 'DIVERGED', message: 'loss is not finite' },
    },
  );
  assert.deepEqual(codes(diagnosis), ['diverged']);
  assert.equal(diagnosis.findings[0]!.since, 2);
  assert.equal(diagnosis.findings[0]!.cause!.code, 'learningRateTooHigh');
  assert.equal(adviceCodes(diagnosis)[0], 'reduceLearningRate');
  assert.ok(!adviceCodes(diagnosis).includes('scheduleLearningRate'), 'a warm-up to the same rate diverges again');
});

test('stuck leaky neurons get a steeper slope', () => {
  const spec = specOf({ model: { layers: [{ type: 'dense', units: 2, activation: 'leakyRelu' }] } });
  const network = oneLayer({ type: 'leakyRelu', alpha: 0.01 }, [
    [1, -3],
    [1, 0],
  ]);
  const diagnosis = diagnosisOf([network, network], { spec });
  assert.equal(diagnosis.findings[0]!.code, 'stuckNeurons');
  const advice = diagnosis.advice.find(({ code }) => code === 'leakyRelu')!;
  assert.match(JSON.stringify(advice.patch), /"alpha":0.3/);
});

test('without a verdict there is nothing to diagnose', () => {
  assert.deepEqual(codes(diagnose({ spec: specOf(), verdicts: [], error: null, plannedSteps: 0 })), ['notYetJudged']);
});

test('every patch changes the spec, validates, and says what it treats', () => {
  const rows = inputs.map(([x]) => [x! + 5]);
  const dense = { type: 'dense', units: 4, activation: 'relu', kernelInitializer: 'glorotUniform' };
  const initialWeights = {
    kernels: [[[1, 1, 1, 1]], [[1], [1], [1], [1]]],
    biases: [[-9, -9, 1, 1], [0]],
    alphas: [[], []],
  };
  const specs = [
    specOf({
      model: { layers: Array.from({ length: 5 }, () => ({ ...dense })) },
      dataset: { name: 'sine', normalize: 'none' },
    }),
    specOf({
      model: {
        layers: [
          { ...dense, activation: 'linear' },
          { type: 'activation', activation: 'relu' },
          { type: 'dropout', rate: 0.2 },
        ],
      },
    }),
    specOf({
      model: { layers: [dense, { type: 'batchNormalization' }] },
      training: {
        seed: 1,
        clipNorm: 0.1,
        schedule: { type: 'cosine', warmupSteps: 5 },
        optimizer: { type: 'sgd', learningRate: 0.3, momentum: 0.9 },
      },
    }),
    specOf({ model: { layers: [{ type: 'dense', units: 4, activation: 'leakyRelu' }] } }),
    specOf({ model: { layers: [{ type: 'dense', units: 4, activation: 'tanh' }] } }),
    specOf({
      model: { layers: [dense], initialWeights },
      dataset: { inputs: rows, targets: rows.map(([x]) => 1e-3 * x!), task: 'regression' },
    }),
    specOf({
      model: { layers: [dense] },
      dataset: { inputs: rows, targets: rows.map(([x]) => [1e3 * x!, 2]), task: 'regression' },
    }),
  ];
  const stuck = oneLayer({ type: 'leakyRelu', alpha: 0.01 }, [
    [1, -3],
    [1, -3],
    [1, 0],
    [1, 0],
  ]);
  const saturated = oneLayer({ type: 'tanh' }, [
    [1, 9],
    [1, 9],
    [1, 9],
    [1, 0],
  ]);
  const bornDead = relu([
      [1, -5],
      [1, -5],
      [1, 0],
      [1, 0],
    ]),
    killed = relu([
      [1, -5],
      [1, -5],
      [1, -5],
      [1, 0],
    ]);
  for (const spec of specs) {
    for (const networks of [
      [healthy, killed],
      [bornDead, bornDead],
      [bornDead, killed],
      [stuck],
      [saturated],
      [
        healthy,
        relu([
          [NaN, 0],
          [1, 0],
          [1, 0],
          [1, 0],
        ]),
      ],
    ]) {
      const verdicts = historyOf(networks, [1, 1], [0.01, 0.02]);
      for (const { evidence } of verdicts)
        evidence.data = { ...evidence.data, targetDeviation: 1e-3, inputMeanToDeviation: 5 };
      const { advice } = diagnose({ spec, verdicts, error: null, plannedSteps: 1000 });
      assert.equal(new Set(advice.map(({ code }) => code)).size, advice.length, 'a code stands twice');
      assert.ok(advice.length > 0);
      for (const { code, patch, limits, reason, addresses, change } of advice) {
        assert.ok(reason.length > 20 && limits.length > 20);
        if (code === 'none') continue;
        assert.ok(addresses.length > 0 && change.length > 0, code);
        const patched = mergePatch(structuredClone(spec), patch) as JobSpec;
        const resolved = readJob(patched);
        assert.ok('spec' in resolved, `${code}: ${JSON.stringify(resolved)}`);
        assert.ok(!isDeepStrictEqual(resolved.spec, spec), `${code} changes nothing`);
        assert.deepEqual(JSON.parse(JSON.stringify(patch)), patch);
      }
    }
  }
});

test('every remedy treats some cause', () => {
  const used = new Set(Object.values(REMEDIES_FOR).flat());
  assert.deepEqual(
    ADVICE_CODES.filter((code) => code !== 'none' && !used.has(code)),
    [],
  );
});

test('a merge patch follows RFC 7396, appendix A', () => {
  const cases: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, expected] of cases) assert.deepEqual(mergePatch(target, patch), expected);
});
