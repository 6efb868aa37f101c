/** What a verdict says of the data has the names of its columns and classes, and so does what follows from it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose, isEvidence } from '../../src/neurons/index.ts';
import { copyOf, datasetOf } from '../support/tables.ts';
import { dense, drive, resolve } from './drive.ts';

const many = <T>(of: (row: number) => T): T[] => Array.from({ length: 240 }, (_, row) => of(row));

test('causes and advice name the inputs and the class that they are about', async () => {
  const dataset = datasetOf({
    task: 'classification',
    columns: {
      income: { values: many((row) => 40_000 + 9000 * Math.sin(row)) },
      share: { values: many((row) => 0.02 + 0.01 * Math.cos(3 * row)) },
      town: { values: many((row) => ['Rome', 'Oslo'][row % 2]!) },
      risk: { values: many((row) => (row % 24 === 0 ? 'high' : 'low')), role: 'target' },
    },
  });
  const spec = resolve(
    {
      dataset: { id: 'data_1', normalize: 'none' },
      model: { layers: [dense(8)] },
      training: { epochs: 4, seed: 1 },
    },
    dataset,
  );
  const observed = await drive(spec, { dataset: copyOf(dataset) });
  const verdicts = observed.of('verdict').map(({ neurons, evidence }) => {
    assert.ok(isEvidence(evidence));
    return { neurons, evidence };
  });
  assert.deepEqual(
    [verdicts[0]?.evidence.data.inputNames, verdicts[0]?.evidence.data.rarestClass],
    [{ narrowest: 'share', widest: 'income', largest: 'income' }, 'high'],
  );
  const { summary } = observed.finished;
  const { findings, advice } = diagnose({ spec, verdicts, error: null, plannedSteps: 1, summary });
  const evidence = JSON.stringify([findings, advice]);
  assert.match(evidence, /"widestInput":"income"/);
  assert.match(evidence, /"inputWithTheLargest":"income"/);
});
