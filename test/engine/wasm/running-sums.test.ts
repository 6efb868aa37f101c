/** Sums and maxima over the batch that run on over many steps, against plain loops. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Forms } from '../../../src/engine/executors/wasm/forms.ts';
import { batchOf } from '../../../src/engine/executors/wasm/layout.ts';
import { joinLoops } from '../../../src/engine/executors/wasm/loops.ts';
import { placeValues } from '../../../src/engine/executors/wasm/placement.ts';
import { findRunningSums } from '../../../src/engine/executors/wasm/running-sums.ts';
import { splitVectors } from '../../../src/engine/executors/wasm/split-vectors.ts';
import { WasmExecutor } from '../../../src/engine/executors/wasm/wasm-executor.ts';
import { ProgramBuilder, type Value } from '../../../src/engine/program/builder.ts';
import { routineOf, type Program } from '../../../src/engine/program/program.ts';
import { Random } from '../../../src/random.ts';
import { interpret } from '../interpreter.ts';

const STEPS = 150;

/** Counts a value in every way, and joins sums to states that are read as well. */
function build(units: number): Program {
  const b = new ProgramBuilder();
  const x = b.step('x', 'float32', ['batch', units]);
  const total = (value: Value): Value => b.sum(value, [0]);
  const relu = b.relu(b.neg(x));
  const masked = b.mul(x, b.step01(relu));
  const sums = b.state('sums', 4 * units);
  b.update(sums, b.add(sums, b.concat([b.step01(relu), relu, b.abs(x), masked].map(total))));
  const maxima = b.state('maxima', 2 * units);
  b.update(maxima, b.maximum(maxima, b.concat([x, b.neg(x)].map((value) => b.max(value, [0])))));

  const shown = b.state('shown', units);
  b.update(shown, b.add(shown, total(b.mul(x, 2))));
  b.output('before', shown);
  const shared = total(b.mul(x, 3));
  const joined = b.state('joined', units);
  b.update(joined, b.add(joined, shared));
  b.output('shared', shared);
  const reread = b.state('reread', units);
  b.update(reread, b.add(reread, total(b.mul(x, 4))));
  b.output('read', b.sum(reread));
  return b.build('counting');
}

for (const [batch, units] of [
  [1, 5],
  [5, 2],
  [7, 1],
  [32, 3],
  [64, 18],
] as const)
  test(`${STEPS} steps of ${batch} samples and ${units} units`, async () => {
    const program = build(units);
    const random = new Random(batch, 'drawing');
    // Small whole numbers have exact sums.
    const x = Float32Array.from({ length: STEPS * batch * units }, () => Math.floor(15 * random.uniform()) - 7);
    let states: Record<string, Float32Array> = {
      sums: new Float32Array(4 * units).fill(3),
      maxima: new Float32Array(2 * units).fill(-Infinity),
      shown: new Float32Array(units),
      joined: new Float32Array(units),
      reread: new Float32Array(units),
    };
    const executable = await new WasmExecutor().open([routineOf(program, batch)], {}, states);
    const outputs = await executable.run({ program: 'counting', steps: STEPS, batchSize: batch, inputs: { x } });
    const expected: Record<string, number[]> = { before: [], shared: [], read: [] };
    for (let step = 0; step < STEPS; step++) {
      const part = x.subarray(step * batch * units, (step + 1) * batch * units);
      const result = interpret(program, { ...states, x: part }, batch);
      for (const [name, values] of Object.entries(result.outputs)) expected[name]?.push(...values);
      states = Object.fromEntries(
        Object.entries(result.states).map(([name, values]) => [name, Float32Array.from(values)]),
      );
    }
    for (const [name, values] of Object.entries(states)) assert.deepEqual(executable.readState(name), values, name);
    for (const [name, values] of Object.entries(expected))
      assert.deepEqual(outputs[name], Float32Array.from(values), name);
    await executable.close();
  });

test('only what nobody reads between the steps runs on', () => {
  for (const [batch, units] of [
    [32, 3],
    [32, 18],
  ] as const) {
    const program = splitVectors(build(units));
    const forms = new Forms(program, batchOf(batch));
    const found = findRunningSums(program, forms, placeValues(program, forms, joinLoops(program, forms)));
    const byState = found.map(({ state }) => String(state.state)).toSorted((a, b) => a.localeCompare(b));
    assert.deepEqual(byState, ['maxima', 'maxima', 'sums', 'sums', 'sums', 'sums']);
  }
});
