import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assessJobRisk as assess } from '../../src/questions/job-risk.ts';
import { readJob } from '../../src/jobs/index.ts';
import type { JobSpec } from '../../src/vocabulary/index.ts';

const assessJobRisk = (spec: JobSpec) => assess({ spec, dataset: null, weights: null });

function specOf(job: unknown): JobSpec {
  const resolved = readJob(job);
  assert.ok('spec' in resolved, JSON.stringify(resolved));
  return resolved.spec;
}

test('nine layers of two ReLU neurons are born dead almost nine times out of ten, as published', () => {
  const risk = assessJobRisk(
    specOf({
      dataset: { name: 'absolute', samples: 400 },
      model: { layers: Array.from({ length: 9 }, () => ({ type: 'dense', units: 2 })) },
      training: { seed: 3 },
    }),
  );
  assert.ok(Math.abs(risk.bornDead.probability - 0.88) < 0.03);
  assert.ok(risk.published!.lower! < risk.published!.upper);
});

test('the initial weights of the output layer do not change the risk, because it has no neuron that can die', () => {
  const [risk, ...others] = [{}, { kernelInitializer: 'randomizedAsymmetric' }, { kernelInitializer: 'zeros' }].map(
    (output) =>
      assessJobRisk(
        specOf({
          dataset: { name: 'absolute', samples: 400 },
          model: { layers: Array.from({ length: 3 }, () => ({ type: 'dense', units: 2 })), output },
          training: { seed: 3 },
        }),
      ),
  );
  assert.ok(risk!.bornDead.probability > 0.1 && risk!.published);
  assert.deepEqual(others, [risk, risk]);
});

test('the risk is that of the given weights if the job contains some', () => {
  const initialWeights = { kernels: [[[-1, 1]], [[1], [1]]], biases: [[-20, 0], [0]] };
  const risk = assessJobRisk(
    specOf({
      dataset: { inputs: [[1], [2], [3], [4]], targets: [1, 2, 3, 4], task: 'regression' },
      model: { layers: [{ type: 'dense', units: 2, activation: 'relu' }], initialWeights },
      training: { seed: 1 },
    }),
  );
  assert.deepEqual(risk.bornDead, { probability: 0, interval: [0, 0] });
  assert.equal(risk.layers[0]!.expectedDead, 1);
});

test('a wide orthogonal layer has a risk too', () => {
  const inputs = Array.from({ length: 8 }, (_, n) => Array.from({ length: 600 }, (__, i) => Math.sin(n + i * 1.7)));
  const risk = assessJobRisk(
    specOf({
      dataset: { inputs, targets: inputs.map(([x]) => x!), task: 'regression' },
      model: { layers: [{ type: 'dense', units: 600, kernelInitializer: 'orthogonal' }] },
      training: { seed: 1 },
    }),
  );
  assert.equal(risk.layers[0]!.units, 600);
});
