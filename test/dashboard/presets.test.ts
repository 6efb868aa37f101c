import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combine, PRESETS, REMEDIES } from '../../src/dashboard/pages/new-run/presets.ts';
import { resolveJob } from '../../src/schemas/index.ts';

for (const preset of PRESETS) {
  test(`"${preset.title}" is a job that can run, with every remedy too`, () => {
    for (const remedy of REMEDIES) {
      const resolved = resolveJob(combine(preset, remedy));
      assert.ok(!('details' in resolved), `${remedy.id}: ${JSON.stringify(resolved)}`);
    }
  });
}
