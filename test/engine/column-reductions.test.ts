/** Sums and maxima over the batch that are taken out of a program, against the program itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ColumnPart, valuePlace } from '../../src/engine/executors/hybrid/column-part.ts';
import { splitColumnReductions } from '../../src/engine/executors/hybrid/column-reductions.ts';
import { StateMemory } from '../../src/engine/executors/hybrid/state-memory.ts';
import { ProgramBuilder, type Value } from '../../src/engine/program/builder.ts';
import type { Program } from '../../src/engine/program/program.ts';
import { verifyProgram } from '../../src/engine/program/verify.ts';
import { Random } from '../../src/random.ts';
import { interpret } from './interpreter.ts';

/** Counts two layers in every way. */
function build(first: number, second: number): Program {
  const b = new ProgramBuilder();
  const [x, y] = [b.step('x', 'float32', ['batch', first]), b.step('y', 'float32', ['batch', second])];
  const [z, w] = [b.neg(x), b.mul(y, 2)];
  const relu = b.relu(z);
  const sums = b.state('sums', 4 * first + 3 * second);
  const total = (value: Value): Value => b.sum(value, [0]);
  b.update(
    sums,
    b.add(
      sums,
      b.concat([
        ...[b.step01(z), b.step01(w), relu, b.abs(w), b.abs(relu), b.step01(b.abs(relu))].map(total),
        b.constant(new Float32Array(second), [second]),
      ]),
    ),
  );
  const maxima = b.state('maxima', 3 * first + second);
  b.update(maxima, b.maximum(maxima, b.concat([z, b.neg(z), b.abs(w), relu].map((value) => b.max(value, [0])))));
  // The middle is a sum, the ends are none; another sum is read elsewhere too.
  const ends = b.step('ends', 'float32', [2]);
  const shared = total(w);
  b.update(b.state('mixed', 4 + 2 * second), b.concat([ends, total(b.mul(w, 3)), b.neg(ends), shared]));
  b.output('seen', b.sum(relu));
  b.output('shared', b.sum(shared));
  return b.build('counting');
}

for (const [batch, first, second] of [
  [1, 1, 3],
  [3, 4, 5],
  [8, 7, 16],
  [21, 33, 2],
] as const) {
  test(`sums over ${batch} rows of ${first} and ${second} columns are those of the program`, async () => {
    const program = build(first, second);
    const { program: rest, reductions, madeElsewhere } = splitColumnReductions(program);
    verifyProgram(rest);
    assert.deepEqual(
      rest.states.map(({ name }) => name),
      ['mixed'],
    );
    const random = new Random(batch, 'drawing');
    const draw = (size: number) => Float32Array.from({ length: size }, () => 2 * random.uniform() - 1);
    const inputs = {
      x: draw(batch * first),
      y: draw(batch * second),
      ends: draw(2),
      sums: draw(4 * first + 3 * second),
      maxima: new Float32Array(3 * first + second).fill(-Infinity),
      mixed: new Float32Array(4 + 2 * second),
    };
    const expected = interpret(program, inputs, batch);
    const values = interpret(rest, inputs, batch).outputs;
    for (const name of ['seen', 'shared']) assert.deepEqual(values[name], expected.outputs[name]);
    assert.equal(madeElsewhere.size, 1);

    const memory = new StateMemory(
      new Map([
        ['sums', inputs.sums.length],
        ['maxima', inputs.maxima.length],
        ['mixed', inputs.mixed.length],
        ...ColumnPart.sizesOf(reductions, batch + 2),
        ['behind', 64],
      ]),
    );
    memory.view('sums').set(inputs.sums);
    memory.view('maxima').set(inputs.maxima);
    // Twice: what was summed before must not count again.
    const part = new ColumnPart(reductions, memory);
    const { run } = await part.prepare({ program: 'counting', steps: 1, batchSize: batch, inputs: {} });
    for (const { value } of reductions) memory.view(valuePlace(value)).fill(Number.NaN).set(values[value]!);
    await run(0);
    near(memory.view('sums'), expected.states.sums!);
    memory.view('sums').set(inputs.sums);
    await run(1);
    near(memory.view('sums'), expected.states.sums!);
    assert.deepEqual(memory.view('maxima'), Float32Array.from(expected.states.maxima!));
    const own = [...memory.view('mixed')].map((value, index) => (index < 2 || index >= 2 + second ? 0 : value));
    assert.deepEqual([...memory.view('mixed')], own, 'nothing else of the state is written');
    near(memory.view('mixed').subarray(2, 2 + second), expected.states.mixed!.subarray(2, 2 + second));
    assert.deepEqual(memory.view('behind'), new Float32Array(64));
    await part.close();
  });
}

test('a state that is read, or that is more than sums over the batch, stays in the program', () => {
  const wholly: ((b: ProgramBuilder, state: Value, x: Value) => void)[] = [
    (b, state, x) => {
      b.update(state, b.add(state, b.sum(x, [0])));
      b.output('state', b.sum(state));
    },
    (b, state, x) => b.update(state, b.add(b.mul(state, 0.9), b.sum(x, [0]))),
    (b, state, x) => b.update(state, b.add(state, b.max(x, [0]))),
    (b, state, x) => b.update(state, b.maximum(state, b.sum(x, [0]))),
  ];
  for (const write of wholly) {
    const b = new ProgramBuilder();
    write(b, b.state('state', 4), b.neg(b.step('x', 'float32', ['batch', 4])));
    const program = b.build('reading');
    const { program: rest, reductions } = splitColumnReductions(program);
    assert.deepEqual(reductions, []);
    assert.deepEqual(rest, program);
  }
});

function near(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++)
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= 1e-6 * (1 + Math.abs(expected[i]!)),
      `[${i}]: ${actual[i]} instead of ${expected[i]}`,
    );
}
