import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combine, PRESETS, REMEDIES } from '../../src/dashboard/pages/new-run/presets.ts';
import { draft, put } from '../../src/dashboard/pages/new-run/draft.ts';
import { readJob } from '../../src/jobs/index.ts';

for (const preset of PRESETS) {
  test(`"${preset.title}" is a job that can run, with every remedy too`, () => {
    for (const remedy of REMEDIES) {
      const resolved = readJob(combine(preset, remedy));
      assert.ok(!('details' in resolved), `${remedy.id}: ${JSON.stringify(resolved)}`);
    }
  });
}

test('the asymmetric initializer is that of every layer, the output layer too', () => {
  const resolved = readJob(
    combine(
      PRESETS[0]!,
      REMEDIES.find(({ id }) => id === 'randomizedAsymmetric')!,
    ),
  );
  assert.ok('spec' in resolved);
  const { layers, output } = resolved.spec.model;
  assert.deepEqual(
    new Set([...layers, output].map((layer) => layer && 'kernelInitializer' in layer && layer.kernelInitializer.type)),
    new Set(['randomizedAsymmetric']),
  );
});

test('a job keeps what the form does not offer', () => {
  const output = { kernelInitializer: { type: 'orthogonal', gain: 2 }, biasInitializer: { type: 'zeros' } };
  const resolved = readJob({ ...PRESETS[0]!.job, model: { ...PRESETS[0]!.job.model, output } });
  assert.ok('spec' in resolved);
  draft.value = resolved.spec;
  put('model.layers.0.units', 9);
  put('model.layers', draft.value.model.layers.slice(0, 2));
  assert.deepEqual(draft.value.model, {
    layers: [{ ...resolved.spec.model.layers[0], units: 9 }, resolved.spec.model.layers[1]],
    output,
  });
});
