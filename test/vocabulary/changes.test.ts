/** How two jobs differ. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesBetween } from '../../src/vocabulary/index.ts';

const layer = (units: number) => ({ type: 'dense', units });

test('a changed number is one change, with its path', () => {
  const before = { training: { optimizer: { type: 'adam', learningRate: 0.1 }, epochs: 5 } };
  const after = { training: { optimizer: { type: 'adam', learningRate: 0.003 }, epochs: 5 } };
  assert.deepEqual(changesBetween(before, after), [{ path: 'training.optimizer.learningRate', from: 0.1, to: 0.003 }]);
});

test('another type of a choice is one change, however many options differ', () => {
  const from = { type: 'sgd', learningRate: 0.1, momentum: 0 };
  const to = { type: 'adam', learningRate: 0.1, beta1: 0.9 };
  assert.deepEqual(changesBetween({ optimizer: from }, { optimizer: to }), [{ path: 'optimizer', from, to }]);
});

test('layers are compared one by one as long as there are equally many', () => {
  assert.deepEqual(changesBetween({ layers: [layer(2), layer(3)] }, { layers: [layer(16), layer(3)] }), [
    { path: 'layers[0].units', from: 2, to: 16 },
  ]);
  assert.deepEqual(changesBetween({ layers: [layer(2)] }, { layers: [layer(2), layer(3)] }), [
    { path: 'layers', from: [layer(2)], to: [layer(2), layer(3)] },
  ]);
});

test('what is missing is null, and long lists are named by their length', () => {
  assert.deepEqual(changesBetween({ a: 1 }, { b: [[1], [2]] }), [
    { path: 'a', from: 1, to: null },
    { path: 'b', from: null, to: '2 rows' },
  ]);
  const many = Array.from({ length: 500 }, (_, i) => i);
  assert.deepEqual(changesBetween({ a: many }, { a: many.map((n) => n + 1) }), [
    { path: 'a', from: '500 values', to: '500 values' },
  ]);
});

test('however many layers there are, they are given whole', () => {
  const layers = Array.from({ length: 20 }, () => layer(2));
  assert.deepEqual(changesBetween({ layers: [] }, { layers }), [{ path: 'layers', from: [], to: layers }]);
});

test('equal jobs have no changes', () => {
  assert.deepEqual(changesBetween({ a: [{ b: 1 }], c: null }, { a: [{ b: 1 }], c: null }), []);
});
