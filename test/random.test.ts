import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { philox, Random, STREAMS } from '../src/random.ts';

test('Philox4x32-10 gives the known answers of Random123 (tests/kat_vectors)', () => {
  const out = new Uint32Array(4);
  philox(0, 0, 0, 0, 0, 0, out);
  assert.deepEqual([...out], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  const ones = 0xffffffff;
  philox(ones, ones, ones, ones, ones, ones, out);
  assert.deepEqual([...out], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  philox(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, out);
  assert.deepEqual([...out], [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
});

const firstWords = (random: Random) => Array.from({ length: 6 }, () => random.word()).join();

test('each seed, stream and pair of indices gives different numbers, and always the same ones', () => {
  const all = [
    new Random(1, 'order'),
    new Random(2, 'order'),
    new Random(1 + 2 ** 32, 'order'),
    new Random(1, 'split'),
    new Random(1, 'order', 1),
    new Random(1, 'order', 2 ** 32),
    new Random(1, 'order', 0, 1),
  ].map(firstWords);
  assert.equal(new Set(all).size, all.length);
  assert.equal(firstWords(new Random(1, 'order')), all[0]);
});

test('every stream has exactly one use in the sources, so no two uses share numbers', async () => {
  const sources = fileURLToPath(new URL('../../src/', import.meta.url));
  const files = (await readdir(sources, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const uses: Record<string, string[]> = {};
  for (const file of files) {
    const text = await readFile(`${sources}/${file}`, 'utf8');
    for (const [call, , stream = call] of text.matchAll(/new Random\(([^,)]+)(?:,\s*'(\w+)')?/g))
      (uses[stream] ??= []).push(file);
  }
  assert.deepEqual(Object.keys(uses).toSorted(), Object.keys(STREAMS).toSorted());
  assert.deepEqual(
    Object.entries(uses).filter(([, places]) => places.length > 1),
    [],
  );
  assert.equal(new Set(Object.values(STREAMS)).size, Object.keys(STREAMS).length);
});

test('uniform and normal numbers have the moments of their distributions', () => {
  const random = new Random(7, 'drawing');
  const count = 100_000;
  let sum = 0,
    squares = 0,
    normal = 0,
    normalSquares = 0,
    fourth = 0;
  for (let i = 0; i < count; i++) {
    const u = random.uniform();
    assert.ok(u >= 0 && u < 1);
    sum += u;
    squares += u * u;
    const z = random.normal();
    normal += z;
    normalSquares += z * z;
    fourth += z ** 4;
  }
  assert.ok(Math.abs(sum / count - 1 / 2) < 0.005);
  assert.ok(Math.abs(squares / count - 1 / 3) < 0.005);
  assert.ok(Math.abs(normal / count) < 0.015);
  assert.ok(Math.abs(normalSquares / count - 1) < 0.02);
  assert.ok(Math.abs(fourth / count - 3) < 0.15);
});

test('integers below a bound are equally likely', () => {
  const random = new Random(2, 'drawing');
  const bins = Array.from({ length: 7 }, () => 0);
  for (let i = 0; i < 70_000; i++) bins[random.below(7)]! += 1;
  for (const count of bins) assert.ok(Math.abs(count - 10_000) < 400, bins.join());
});

test('a permutation contains every number once, and every place is equally likely', () => {
  assert.deepEqual(
    [...new Random(3, 'order', 5).permutation(1000)].sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
  assert.equal(new Random(3, 'order').permutation(0).length, 0);
  const firsts = [0, 0, 0, 0, 0];
  for (let epoch = 0; epoch < 10_000; epoch++) firsts[new Random(3, 'order', epoch).permutation(5)[0]!]! += 1;
  for (const times of firsts) assert.ok(Math.abs(times - 2000) < 200, firsts.join());
});
