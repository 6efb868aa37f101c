/** What the WebAssembly engine keeps, gives back and refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileProgram } from '../../../src/engine/executors/wasm/compile.ts';
import { WasmExecutor } from '../../../src/engine/executors/wasm/wasm-executor.ts';
import { joinPrograms } from '../../../src/engine/program/join.ts';
import { ProgramBuilder } from '../../../src/engine/program/builder.ts';
import { routineOf } from '../../../src/engine/program/program.ts';
import { planNetwork } from '../../../src/engine/programs/plan-network.ts';
import { openNetworkOn } from '../../../src/engine/programs/program-network.ts';
import type { LayerSpec } from '../../../src/vocabulary/index.ts';
import { ADAM, chunk, classificationData, dense, rows, training } from '../specs.ts';

const stack = (units: number, count: number): LayerSpec[] => Array.from({ length: count }, () => dense(units));

function codeOf(layers: LayerSpec[], batchSize = 32): Uint8Array {
  const data = classificationData(16, 20, 3);
  const [step] = planNetwork({ layers }, training({ optimizer: ADAM }), data).all;
  const program = joinPrograms(step!);
  let free = 64;
  const place = (bytes: number): number => (free += bytes) - bytes;
  const states = new Map(
    program.states.map(({ name, input }) => [name, place(4 * Number(program.nodes[input]!.shape[0]) + 64)]),
  );
  const map = {
    states,
    data: new Map([
      ['inputs', place(4096)],
      ['targets', place(4096)],
    ]),
  };
  return compileProgram(program, batchSize, { ...map, free }, false).code;
}

test('code grows with layers, not with units or samples', () => {
  const base = codeOf(stack(32, 2)).length;
  assert.ok(codeOf(stack(256, 2)).length < 1.2 * base);
  assert.ok(codeOf(stack(32, 2), 512).length < 1.2 * base);
  const perLayer = (codeOf(stack(32, 12)).length - base) / 10;
  assert.ok(perLayer < base / 2, `${perLayer} bytes for a layer, ${base} for a network of two`);
});

test('training is repeated bit for bit: on a new executor, on a known shape, and from a state in the middle', async () => {
  const layers = [dense(7), dense(5, { type: 'tanh' })];
  const data = classificationData(48);
  const spec = training({ optimizer: ADAM, batchSize: 8 });
  const train = async (executor: WasmExecutor, cuts: readonly number[]) => {
    let network = await openNetworkOn(executor, { layers }, spec, data);
    let first = 0;
    for (const steps of cuts) {
      await network.train(chunk(48, 8, steps, 0.01, first));
      await network.evaluate(rows(48));
      const state = network.readState();
      await network.close();
      network = await openNetworkOn(executor, { layers }, spec, data, { state });
      first += steps;
    }
    const state = network.readState();
    await network.close();
    return state;
  };
  const executor = new WasmExecutor();
  const whole = await train(executor, [40]);
  assert.deepEqual(await train(executor, [40]), whole);
  assert.deepEqual(await train(new WasmExecutor(), [13, 1, 26]), whole);
});

test('batches of every size agree with one that is padded by hand', async () => {
  const data = classificationData(48);
  for (const batchSize of [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31]) {
    const network = await openNetworkOn(
      new WasmExecutor(),
      { layers: [dense(6), dense(3)] },
      training({ batchSize }),
      data,
    );
    const { gradients } = await network.backward(rows(batchSize));
    const { fired } = await network.train(chunk(48, batchSize, 1, 0));
    const sums = gradients.map(({ kernel }) => kernel.map(() => 0));
    for (let row = 0; row < batchSize; row++) {
      const single = await network.backward(Int32Array.of(row));
      single.gradients.forEach(({ kernel }, layer) =>
        kernel.forEach((value, i) => (sums[layer]![i]! += value / batchSize)),
      );
    }
    gradients.forEach(({ kernel }, layer) =>
      kernel.forEach((value, i) => assert.ok(Math.abs(value - sums[layer]![i]!) < 1e-6, `${batchSize}: ${value}`)),
    );
    assert.ok(fired.every((count) => count >= 0 && count <= batchSize));
    await network.close();
  }
});

test('memory stays where it is after many networks', { timeout: 120_000 }, async () => {
  const executor = new WasmExecutor();
  const data = classificationData(256);
  const train = async (): Promise<void> => {
    const network = await openNetworkOn(executor, { layers: stack(16, 3) }, training({ optimizer: ADAM }), data);
    await network.train(chunk(256, 8, 20));
    await network.inspect(rows(256));
    await network.close();
  };
  for (let run = 0; run < 100; run++) await train();
  const before = process.memoryUsage().rss;
  for (let run = 0; run < 300; run++) await train();
  const growth = (process.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(growth < 40, `${growth.toFixed(0)} MiB more after 300 networks`);
});

test('a row that does not exist is refused, and so is what is closed', async () => {
  const network = await openNetworkOn(new WasmExecutor(), { layers: [] }, training(), classificationData(48));
  await assert.rejects(network.evaluate(Int32Array.of(0, 48)), /There is no row 48/);
  await assert.rejects(network.evaluate(Int32Array.of(-1)), /There is no row -1/);
  await network.close();
  await network.close();
  await assert.rejects(network.evaluate(rows(4)), /closed/);
});

test('programs and data that do not fit are refused with a reason', () => {
  const moved = new ProgramBuilder();
  moved.output('moved', moved.reshape(moved.step('x', 'float32', [2, 'batch']), ['batch', 2]));
  const large = new ProgramBuilder();
  large.output(
    'rows',
    large.gather(large.data('inputs', 'float32', [2 ** 20, 200]), large.step('i', 'int32', ['batch'])),
  );
  const executor = new WasmExecutor();
  for (const [b, reason] of [
    [moved, /another layout/],
    [large, /take 800 MiB/],
  ] as const) {
    const suitability = executor.suits([routineOf(b.build('test'), 8)], 8);
    assert.ok(!suitability.ok);
    assert.match(suitability.reason, reason);
  }
});
