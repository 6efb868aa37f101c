/** Every primitive in every place where a compiled program may compute it, against plain loops in float64. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HybridExecutor } from '../../src/engine/executors/hybrid/hybrid-executor.ts';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import type { Executor, HostArray } from '../../src/engine/executors/executor.ts';
import { hasRelaxedSimd } from '../../src/engine/executors/wasm/encoder.ts';
import { WasmExecutor } from '../../src/engine/executors/wasm/wasm-executor.ts';
import { ProgramBuilder, type Value } from '../../src/engine/program/builder.ts';
import { BINARY, OPERATION_NAMES, UNARY, type OperationName } from '../../src/engine/program/operations.ts';
import { routineOf, type Program } from '../../src/engine/program/program.ts';
import { Random } from '../../src/random.ts';
import { interpret } from './interpreter.ts';

const STEPS = 3;
const BATCH = 5;
const executors: readonly Executor[] = [
  new OnnxExecutor(),
  new HybridExecutor(),
  new WasmExecutor({ fused: false }),
  ...(hasRelaxedSimd() ? [new WasmExecutor({ fused: true })] : []),
];

const operationsRun = new Set<OperationName>();

/** Where a value comes from decides where its users are computed. */
const PLACES = {
  'ahead of the steps, from small step inputs': (b: ProgramBuilder) => b.step('small', 'float32', ['batch', 3]),
  'in the step, from a wide step input': (b: ProgramBuilder) => b.step('wide', 'float32', ['batch', 40]),
  'behind the steps, from a small value of the step': (b: ProgramBuilder) => changing(b, 3),
  'in the step, from a wide value of the step': (b: ProgramBuilder) => changing(b, 40),
  'once, from a state that stays': (b: ProgramBuilder) => b.reshape(b.state('still', 6), [2, 3]),
} satisfies Record<string, (b: ProgramBuilder) => Value>;

/** [batch, columns], different at every step because a state changes. */
function changing(b: ProgramBuilder, columns: number): Value {
  const kernel = b.state('kernel', 2 * columns);
  b.update(kernel, b.mul(kernel, 0.9));
  return b.matMul(b.step('rows', 'float32', ['batch', 2]), b.reshape(kernel, [2, columns]));
}

const listed = await Promise.all(executors.map(async (executor) => ({ executor, ...(await executor.availability()) })));
for (const { executor, available, backend, reason } of listed) {
  describe(`${executor.name} (${backend})`, { skip: available ? false : (reason ?? true) }, () =>
    runsPrimitives(executor),
  );
}

function runsPrimitives(executor: Executor): void {
  for (const [place, source] of Object.entries(PLACES)) {
    test(`primitives computed ${place}`, async () => {
      const b = new ProgramBuilder();
      const x = source(b);
      const rate = b.step('rate', 'float32', []);
      const positive = b.add(b.abs(x), 0.1);
      for (const op of UNARY) b.output(op, b.unary(op, op === 'log' || op === 'sqrt' ? positive : x));
      for (const op of BINARY) {
        b.output(`${op} of equals`, b.binary(op, x, positive));
        b.output(`${op} with a scalar of the step`, b.binary(op, rate, positive));
        b.output(`${op} with a row`, b.binary(op, x, b.add(b.max(positive, [0]), 1)));
      }
      b.output('greater', b.cast(b.greater(x, 0.1)));
      b.output('equal', b.cast(b.equal(x, x)));
      b.output('sum', b.sum(x));
      b.output('sum of squares', b.sum(b.mul(x, x)));
      for (const axis of [0, 1]) {
        for (const keepDims of [false, true]) {
          b.output(`sum over ${axis} ${keepDims}`, b.sum(x, [axis], keepDims));
          b.output(`max over ${axis} ${keepDims}`, b.max(x, [axis], keepDims));
        }
      }
      b.output('argMax', b.argMax(x));
      b.output('reshape', b.reshape(x, [1, ...x.shape]));
      b.output('product', b.matMul(x, x, false, true));
      b.output('product and row', b.add(b.matMul(x, x, true, false), b.sum(x, [0])));
      b.output('widened', b.broadcastLike(b.sum(x, [1], true), x));
      b.output('softmax', softmax(b, x));
      b.output('softmax times', b.mul(b.exp(shifted(b, x)), b.div(rate, b.sum(b.exp(shifted(b, x)), [1], true))));
      b.output('concat', b.concat([b.sum(x, [0]), b.max(x, [0])]));
      await runsAsInterpreted(executor, b.build('test'));
    });
  }

  test('rows are gathered by index from tables of every type', async () => {
    const b = new ProgramBuilder();
    const indices = b.step('indices', 'int32', ['batch']);
    b.output('few', b.gather(b.data('table', 'float32', [7, 3]), indices));
    b.output('many', b.gather(b.data('wideTable', 'float32', [7, 50]), indices));
    b.output('bytes', b.cast(b.gather(b.data('bytes', 'uint8', [7, 4]), indices)));
    b.output(
      'one-hot',
      b.cast(
        b.equal(
          b.reshape(b.gather(b.data('classes', 'int32', [7]), indices), ['batch', 1]),
          b.constant(Int32Array.of(0, 1, 2), [3]),
        ),
      ),
    );
    await runsAsInterpreted(executor, b.build('test'));
  });

  test('states are read before the step, swapped, overwritten, summed, and sliced with and without overlap', async () => {
    const b = new ProgramBuilder();
    const [left, right, still, total, peak] = [
      b.state('left', 4),
      b.state('right', 4),
      b.state('still', 4),
      b.state('total', 4),
      b.state('peak', 4),
    ];
    b.update(left, right);
    b.update(right, left);
    b.update(b.state('given', 2), b.constant(Float32Array.of(1, 2), [2]));
    const scaled = b.mul(left, b.step('rate', 'float32', []));
    b.update(total, b.add(total, scaled));
    b.update(peak, b.maximum(scaled, peak));
    const shared = b.state('shared', 4);
    const sum = b.add(shared, scaled);
    b.update(shared, sum);
    b.update(b.state('copy', 4), sum);
    b.output('pieces', b.add(b.slice(left, 0, 1), b.slice(left, 2, 2)));
    b.output('overlapping', b.add(b.slice(right, 0, 3), b.slice(right, 1, 3)));
    b.output('the state itself', left);
    b.output('once more', left);
    b.output('an unchanged one', still);
    b.output('a constant', b.constant(Float32Array.of(4, 5), [2]));
    await runsAsInterpreted(executor, b.build('test'));
  });

  test('a network too deep to postpone all its counters computes them step by step', async () => {
    const b = new ProgramBuilder();
    let x = changing(b, 30);
    const totals = b.state('totals', 30);
    const sums: Value[] = [];
    for (let layer = 0; layer < 80; layer++) {
      x = b.unary('tanh', b.mul(b.matMul(x, b.reshape(b.state(`kernel ${layer}`, 900), [30, 30])), 0.3));
      sums.push(b.sum(x, [0]));
    }
    b.update(
      totals,
      b.add(
        totals,
        sums.reduce((total, sum) => b.add(total, sum)),
      ),
    );
    b.output('first', b.sum(sums[0]!));
    await runsAsInterpreted(executor, b.build('test'));
  });

  test('these programs use every operation', () => {
    assert.deepEqual(
      OPERATION_NAMES.filter((name) => !operationsRun.has(name)),
      [],
    );
  });
}

const shifted = (b: ProgramBuilder, x: Value): Value => b.sub(x, b.max(x, [1], true));
function softmax(b: ProgramBuilder, x: Value): Value {
  const powers = b.exp(shifted(b, x));
  return b.div(powers, b.sum(powers, [1], true));
}

/** Runs STEPS steps in one call, in calls of one step each, and step by step in float64. */
async function runsAsInterpreted(executor: Executor, program: Program): Promise<void> {
  for (const { op } of program.nodes) operationsRun.add(op);
  const random = new Random(1, 'drawing');
  const inputs = { data: {}, step: {}, state: {} } as Record<'data' | 'step' | 'state', Record<string, HostArray>>;
  for (const node of program.nodes) {
    if (node.op !== 'input') continue;
    const perStep = node.shape.reduce<number>((count, size) => count * (size === 'batch' ? BATCH : size), 1);
    const count = node.role === 'step' ? STEPS * perStep : perStep;
    const values = Array.from({ length: count }, () =>
      node.dtype === 'float32'
        ? 2 * random.uniform() - 1
        : Math.floor((node.role === 'step' ? 7 : 3) * random.uniform()),
    );
    inputs[node.role][node.name] =
      node.dtype === 'float32'
        ? Float32Array.from(values)
        : node.dtype === 'uint8'
          ? Uint8Array.from(values)
          : Int32Array.from(values);
  }
  const [whole, single] = [await open(executor, program, inputs), await open(executor, program, inputs)];
  try {
    const results = await whole.run({ program: program.name, steps: STEPS, batchSize: BATCH, inputs: inputs.step });
    const states: Record<string, ArrayLike<number>> = { ...inputs.state };
    for (let step = 0; step < STEPS; step++) {
      const ofStep = Object.fromEntries(
        Object.entries(inputs.step).map(([name, values]) => [
          name,
          values.slice((step * values.length) / STEPS, ((step + 1) * values.length) / STEPS),
        ]),
      );
      const alone = await single.run({ program: program.name, steps: 1, batchSize: BATCH, inputs: ofStep });
      const expected = interpret(program, { ...inputs.data, ...states, ...ofStep }, BATCH);
      for (const [name, values] of Object.entries(expected.outputs)) {
        near(
          results[name]!.subarray(step * values.length, (step + 1) * values.length),
          values,
          `${name}, step ${step}`,
        );
        near(alone[name]!, values, `${name}, step ${step} alone`);
      }
      Object.assign(states, expected.states);
    }
    for (const { name } of program.states) {
      near(whole.readState(name), states[name]!, `state ${name}`);
      near(single.readState(name), states[name]!, `state ${name} after single steps`);
    }
  } finally {
    await whole.close();
    await single.close();
  }
}

const open = (executor: Executor, program: Program, inputs: Record<'data' | 'state', Record<string, HostArray>>) =>
  executor.open([routineOf(program, 64)], inputs.data, inputs.state as Record<string, Float32Array>);

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++)
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= 1e-5 * (1 + Math.abs(expected[i]!)),
      `${what}[${i}]: ${actual[i]} instead of ${expected[i]}`,
    );
}
