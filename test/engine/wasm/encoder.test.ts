/** Modules that the encoder writes, run by the runtime. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  call,
  f32,
  f32x4,
  hasRelaxedSimd,
  i32,
  i32x4,
  ModuleWriter,
  v128,
} from '../../../src/engine/executors/wasm/encoder.ts';
import { allocate, compile, instantiate } from '../../../src/engine/executors/wasm/runtime.ts';

function open(module: ModuleWriter, name = 'run') {
  const memory = allocate(1024);
  const run = instantiate(compile(module.encode()), memory, name);
  return { run, floats: new Float32Array(memory.buffer), integers: new Int32Array(memory.buffer) };
}

test('a loop over vectors computes with parameters, locals and offsets', () => {
  const module = new ModuleWriter();
  const f = module.function(['i32', 'f32'], 'run');
  const factor = f.let('v128', f32x4.splat(f.parameter(1).get));
  const p = f.local('i32');
  f.loop(p, i32.const(0), f.parameter(0).get, 16, () =>
    f.emit(v128.store(p.get, 256, f32x4.mul(v128.load(p.get), factor.get))),
  );
  const { run, floats } = open(module);
  floats.set([1, 2, 3, 4, 5, 6, 7, 8]);
  run(32, 0.5);
  assert.deepEqual([...floats.subarray(64, 73)], [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 0]);
});

test('integers of every length are written: constants, offsets and lengths of code', () => {
  const values = [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)];
  const module = new ModuleWriter();
  const inner = module.function(['i32']);
  values.forEach((value, index) => inner.emit(i32.store(inner.parameter(0).get, 4 * index, i32.const(value))));
  const f = module.function([], 'run');
  for (let turn = 0; turn < 5000; turn++) f.emit(call(inner, i32.const(0)));
  const { run, integers } = open(module);
  run();
  assert.deepEqual([...integers.subarray(0, values.length)], values);
});

test('lanes are loaded, shuffled, selected and stored', () => {
  const module = new ModuleWriter();
  const f = module.function([], 'run');
  const zero = i32.const(0);
  const lanes = v128.shuffle(f32x4.const(0, 1, 2, 3), f32x4.const(4, 5, 6, 7), [6, 1, 4, 3]);
  f.emit(v128.store(zero, 0, lanes));
  f.emit(v128.store(zero, 16, v128.loadLane(zero, 0, f32x4.const(9), 2)));
  f.emit(v128.storeLane(zero, 32, f32x4.const(1, 2, 3, 4), 3));
  f.emit(
    v128.store(
      zero,
      48,
      v128.select(f32x4.const(1), f32x4.const(2), f32x4.gt(f32x4.const(0, 1, 2, 3), f32x4.const(1))),
    ),
  );
  f.emit(v128.store(zero, 64, f32x4.convertI32x4(i32x4.shrS(i32x4.const(-8, 8, 16, 24), 2))));
  f.emit(f32.store(zero, 80, f32x4.extractLane(f32x4.nearest(f32x4.const(0.5, 1.5, 2.5, -0.7)), 1)));
  f.emit(v128.storePair(zero, 96, f32x4.const(1, 2, 3, 4), 0));
  f.emit(v128.storePair(zero, 112, f32x4.const(1, 2, 3, 4), 1));
  const { run, floats } = open(module);
  run();
  assert.deepEqual([...floats.subarray(0, 9)], [6, 1, 4, 3, 9, 9, 6, 9, 4]);
  assert.deepEqual([...floats.subarray(12, 21)], [2, 2, 1, 1, -2, 2, 4, 6, 2]);
  assert.deepEqual([...floats.subarray(24, 31)], [1, 2, 0, 0, 3, 4, 0]);
});

test('the runtimes that we support multiply and add in one instruction, Node.js 20 when it is asked to', () => {
  assert.equal(hasRelaxedSimd(), true);
  const module = new ModuleWriter();
  const f = module.function([], 'run');
  f.emit(v128.store(i32.const(0), 0, f32x4.relaxedMadd(f32x4.const(2), f32x4.const(3), f32x4.const(4))));
  const { run, floats } = open(module);
  run();
  assert.equal(floats[0], 10);
});
