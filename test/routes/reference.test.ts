/**
 * Every case that PyTorch computed, trained by a client over HTTP with inline data and given weights, each on two of the
 * engines in turn. The tests of the engines train all of them on all engines.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ENGINES, type Job } from '../../src/vocabulary/index.ts';
import { dataOf, modelOf, REFERENCE_CASES, trainingOf, type ReferenceCase } from '../engine/reference.ts';
import { ended, startService, type TestService } from '../support/service.ts';

interface JsonModel {
  layers: { type: string; kernel?: number[][]; bias?: number[]; alpha?: number[] }[];
}

describe('a reference case over HTTP', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ trains: true });
  });
  after(() => service.remove());

  for (const [turn, engine] of ENGINES.entries()) {
    for (const reference of REFERENCE_CASES.filter((_, index) => index % 2 === turn % 2)) {
      it(`agrees with PyTorch: ${reference.name}, ${engine}`, async () => {
        const { id } = await service.client.submit(jobOf(reference, engine));
        await ended(service, id);
        const run = await service.client.get(id);
        assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
        assert.equal(run.engine?.name, engine);

        const { loss } = (await service.client.metrics(id, { keys: ['loss'], points: 'all' })).series;
        assert.equal(loss?.values.length, reference.losses.length);
        reference.losses.forEach((expected, step) =>
          near(loss?.values[step] ?? Number.NaN, expected, 1e-4 * Math.abs(expected), `loss of step ${step}`),
        );

        const { layers } = JSON.parse(new TextDecoder().decode(await service.client.model(id))) as JsonModel;
        const dense = layers.filter(({ type }) => type === 'dense');
        reference.final.kernels.forEach((kernel, k) =>
          kernel
            .flat()
            .forEach((expected, i) =>
              near(dense[k]?.kernel?.flat()[i] ?? Number.NaN, expected, 1e-4, `kernel ${k}, ${i}`),
            ),
        );
        reference.final.biases.forEach((bias, k) =>
          bias.forEach((expected, i) => near(dense[k]?.bias?.[i] ?? Number.NaN, expected, 1e-4, `bias ${k}, ${i}`)),
        );
        const slopes = layers.filter(({ alpha }) => alpha).flatMap(({ alpha }) => alpha ?? []);
        if (reference.activation === 'prelu')
          reference.final.alphas
            .flat()
            .forEach((expected, i) => near(slopes[i] ?? Number.NaN, expected, 1e-4, `slope ${i}`));

        const neurons = await service.client.neurons(id);
        reference.finalHiddenNeurons.forEach(({ firedFraction = [], meanAbs = [] }, k) =>
          neurons.layers[k]?.neurons.forEach((neuron, i) => {
            near(neuron.firedFraction, firedFraction[i] ?? Number.NaN, 1e-9, `fired share of ${k}, ${i}`);
            near(neuron.meanAbs ?? Number.NaN, meanAbs[i] ?? Number.NaN, 1e-4, `mean output of ${k}, ${i}`);
          }),
        );
      });
    }
  }
});

function jobOf(reference: ReferenceCase, engine: (typeof ENGINES)[number]): Job {
  const { task, targets } = dataOf(reference);
  return {
    dataset: {
      inputs: reference.x,
      targets: task === 'classification' ? [...targets] : reference.y,
      task,
      validationSplit: 0,
      normalize: 'none',
    },
    model: modelOf(reference),
    training: trainingOf(reference),
    telemetry: { metricsEverySteps: 1 },
    engine,
  };
}

function near(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, but PyTorch has ${expected}`);
}
