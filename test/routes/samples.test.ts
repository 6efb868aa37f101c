/** The confusion matrix of a run, and samples of its data: against the predictions of the model itself. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { loadDataset } from '../../src/datasets/load.ts';
import type { Job, Run } from '../../src/vocabulary/index.ts';
import { ask, codeOf, ended, startService, type TestService } from '../support/service.ts';

const argMax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

describe('samples', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ trains: true });
  });
  after(() => service.remove());

  async function train(job: Job): Promise<Run> {
    const { id } = await service.client.submit(job);
    await ended(service, id);
    return service.client.get(id);
  }
  const iris: Job = {
    dataset: { name: 'iris', validationSplit: 0.3, seed: 5 },
    model: { layers: [{ type: 'dense', units: 6 }] },
    training: { epochs: 4, batchSize: 16, seed: 1, optimizer: { type: 'adam', learningRate: 0.02 } },
  };

  for (const part of ['validation', 'training'] as const)
    it(`are counted by actual and predicted class on the ${part} part`, async () => {
      const run = await train(iris);
      const { data, trainIndices, validationIndices } = loadDataset(run.spec.dataset, null);
      const indices = Array.from(part === 'validation' ? validationIndices : trainIndices);
      const inputs = indices.map((sample) => Array.from(data.inputs.subarray(4 * sample, 4 * sample + 4)));
      const { outputs } = await service.client.predict(run.id, inputs);
      const counts = Array.from({ length: 3 }, () => [0, 0, 0]);
      indices.forEach((sample, place) => {
        counts[data.targets[sample]!]![argMax(outputs[place]!)]! += 1;
      });

      const answer = await service.client.confusion(run.id, { part });
      assert.deepEqual(answer.counts, counts);
      assert.deepEqual(answer.classes, ['setosa', 'versicolor', 'virginica']);
      assert.deepEqual([answer.samples, answer.of, answer.step], [indices.length, indices.length, run.progress.step]);
      assert.equal(answer.cell, null);

      for (const [actual, row] of counts.entries())
        for (const [predicted, count] of row.entries()) {
          const { cell } = await service.client.confusion(run.id, { part, actual, predicted, limit: 200 });
          const expected = indices
            .map((sample, place) => ({ sample, probabilities: outputs[place]! }))
            .filter(
              ({ sample, probabilities }) => data.targets[sample] === actual && argMax(probabilities) === predicted,
            )
            .sort((a, b) => b.probabilities[predicted]! - a.probabilities[predicted]!);
          assert.equal(cell?.samples.length, count);
          assert.deepEqual(
            cell?.samples.map(({ index, probabilities }) => ({ sample: index, probabilities })),
            expected,
          );
          for (const { index, row: values } of cell.samples)
            assert.deepEqual(
              Object.entries(values).map(([name, value]) => [name, Math.fround(value as number)]),
              ['sepal length', 'sepal width', 'petal length', 'petal width'].map((name, k) => [
                name,
                data.inputs[4 * index + k],
              ]),
            );
        }
      const { counts: some } = await service.client.confusion(run.id, { part, actual: 0, predicted: 0, limit: 2 });
      assert.deepEqual(some, counts, 'a limit is of the samples of the cell only');
    });

  it('agree with the accuracy and the recall of the evaluation', async () => {
    const run = await train(iris);
    const { classes, accuracy } = await service.client.evaluation(run.id);
    const { counts } = await service.client.confusion(run.id);
    const total = counts.flat().reduce((sum, count) => sum + count, 0);
    assert.equal(counts.reduce((sum, row, k) => sum + row[k]!, 0) / total, accuracy);
    for (const { class: index, samples, correct, predicted } of classes!) {
      assert.equal(
        counts[index]!.reduce((sum, count) => sum + count, 0),
        samples,
      );
      assert.equal(counts[index]![index], correct);
      assert.equal(
        counts.reduce((sum, row) => sum + row[index]!, 0),
        predicted,
      );
    }
  });

  it('are those that the run uses, as predict takes them', async () => {
    const run = await train({ ...iris, dataset: { name: 'sine', samples: 90, noise: 0.1 }, training: { epochs: 1 } });
    const answer = await service.client.samples(run.id, { part: 'training', limit: 10 });
    const { data, trainIndices } = loadDataset(run.spec.dataset, null);
    const chosen = Array.from({ length: 10 }, (_, k) => trainIndices[Math.floor((k * trainIndices.length) / 10)]!);
    assert.deepEqual(
      answer.features,
      chosen.map((sample) => [data.inputs[sample]]),
    );
    assert.deepEqual(
      answer.targets,
      chosen.map((sample) => [data.targets[sample]]),
    );
    assert.deepEqual([answer.task, answer.of, answer.inputs.length], ['regression', trainIndices.length, 1]);
    assert.equal((await service.client.predict(run.id, answer.features)).outputs.length, 10);
    const whole = await service.client.samples(run.id);
    assert.equal(whole.part, 'validation');
    assert.equal(whole.features.length, whole.of);
  });

  it('of an upload are gone with it, and the answer says so', async () => {
    const inputs = Array.from({ length: 40 }, (_, i) => [i % 7, i % 5]);
    const targets = inputs.map(([a = 0, b = 0]) => Number(a > b));
    const { id } = await service.client.uploadDataset({ inputs, targets, task: 'classification' });
    const run = await train({ ...iris, dataset: { id: id! } });
    assert.equal((await service.client.confusion(run.id, { part: 'training' })).classes.length, 2);
    await service.client.deleteDataset(id!, { force: true });
    for (const path of ['confusion?part=training', 'confusion', 'samples']) {
      const gone = await ask(`${service.url}/v1/runs/${run.id}/${path}`);
      assert.deepEqual([gone.status, codeOf(gone)], [404, 'DATASET_NOT_FOUND']);
      assert.match(JSON.stringify(gone.body), /was deleted/);
    }
  });

  it('are refused with a clear word where they make no sense', async () => {
    const { id } = await train(iris);
    const other = await train({ ...iris, dataset: { name: 'sine', samples: 50 }, training: { epochs: 1 } });
    for (const [path, status, code, words] of [
      [`${other.id}/confusion`, 409, 'WRONG_STATE', /regression/],
      [`${id}/confusion?part=test`, 409, 'WRONG_STATE', /no test part.*training and validation/],
      [`${id}/confusion?actual=1`, 400, 'INVALID_REQUEST', /predicted is required/],
      [`${id}/confusion?actual=1&predicted=3`, 400, 'INVALID_REQUEST', /no class 3.*0 to 2/],
      [`${id}/confusion?checkpoint=1`, 404, 'CHECKPOINT_NOT_FOUND', /no checkpoint at step 1/],
      [`${id}/samples?limit=0`, 400, 'INVALID_REQUEST', /limit/],
      [`run_0/samples`, 404, 'RUN_NOT_FOUND', /not found/],
    ] as const) {
      const answer = await ask(`${service.url}/v1/runs/${path}`);
      assert.deepEqual([answer.status, codeOf(answer)], [status, code], path);
      assert.match(JSON.stringify(answer.body), words);
    }
  });
});
