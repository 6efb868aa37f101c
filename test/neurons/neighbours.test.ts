/** What nearest neighbours say about how much there is to learn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureColumns } from '../../src/datasets/normalize.ts';
import { askNeighbours } from '../../src/neurons/verdict/neighbours.ts';
import { Random } from '../../src/random.ts';
import type { Task } from '../../src/vocabulary/index.ts';

const random = new Random(3, 'drawing');

function ask(task: Task, rows: number[][], targets: number[], outputCount = 1) {
  const inputs = Float32Array.from(rows.flat());
  const indices = Int32Array.from(rows, (_, i) => i);
  const features = measureColumns(inputs, rows[0]!.length, indices);
  return askNeighbours({ task, inputs, targets, outputCount, features, indices });
}
const line = Array.from({ length: 400 }, (_, i) => [i / 400]);

test('a smooth function is nearly all to be learned', () => {
  const { r2, accuracy } = ask(
    'regression',
    line,
    line.map(([x]) => Math.sin(6 * x!)),
  );
  assert.ok(r2! > 0.99, String(r2));
  assert.equal(accuracy, null);
});

test('half of the variance is noise: half is to be learned', () => {
  const targets = line.map(([x]) => Math.sqrt(12) * x! + random.normal());
  const { r2 } = ask('regression', line, targets);
  assert.ok(Math.abs(r2! - 0.5) < 0.12, String(r2));
});

test('classes without any order are guessed as often as chance', () => {
  const { accuracy } = ask(
    'classification',
    line,
    line.map(() => Math.floor(2 * random.uniform())),
    2,
  );
  assert.ok(Math.abs(accuracy! - 0.5) < 0.1, String(accuracy));
});

test('the scale of a feature does not matter', () => {
  const rows = line.map(([x]) => [x!, 1e6 * random.normal()]);
  const small = rows.map(([x, y]) => [x!, y! / 1e6]);
  const targets = line.map(([x]) => Number(x! > 0.5));
  assert.equal(ask('classification', rows, targets, 2).accuracy, ask('classification', small, targets, 2).accuracy);
});

test('a few samples can be learned by heart, and a target that never changes says nothing', () => {
  assert.deepEqual(ask('regression', line.slice(0, 4), [0, 1, 1, 0]), { accuracy: null, r2: 1 });
  assert.deepEqual(ask('classification', line.slice(0, 4), [0, 1, 1, 0], 2), { accuracy: 1, r2: null });
  assert.deepEqual(
    ask(
      'regression',
      line,
      line.map(() => 7),
    ),
    { accuracy: null, r2: null },
  );
});
