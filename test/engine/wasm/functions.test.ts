/** The elementary functions of the WebAssembly engine against float64. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasRelaxedSimd, i32, ModuleWriter, v128, type Code } from '../../../src/engine/executors/wasm/encoder.ts';
import { ElementaryFunctions } from '../../../src/engine/executors/wasm/functions.ts';
import { allocate, compile, instantiate } from '../../../src/engine/executors/wasm/runtime.ts';
import { erf } from '../interpreter.ts';

type Name = 'exp' | 'log' | 'tanh' | 'sigmoid' | 'softplus' | 'erf';

/** f(x) for every x, four at a time. */
function apply(name: Name, xs: Float32Array, fused: boolean): Float32Array {
  const module = new ModuleWriter();
  const f = module.function(['i32'], 'run');
  const [p, elementary] = [f.local('i32'), new ElementaryFunctions(f, fused)];
  f.loop(p, i32.const(0), f.parameter(0).get, 16, () => {
    const value: Code = elementary[name](v128.load(p.get));
    f.emit(v128.store(p.get, 0, value));
  });
  const memory = allocate(4 * xs.length + 16);
  const floats = new Float32Array(memory.buffer, 0, xs.length);
  floats.set(xs);
  instantiate(compile(module.encode()), memory, 'run')(4 * xs.length);
  return floats.slice();
}

const log1p = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
interface Bounds {
  exact: (x: number) => number;
  from: number;
  to: number;
  relative: number;
  absolute: number;
}
const FUNCTIONS: Record<Name, Bounds> = {
  exp: { exact: Math.exp, from: -86, to: 88.7, relative: 2e-7, absolute: 0 },
  log: { exact: Math.log, from: 1.2e-38, to: 100, relative: 2e-7, absolute: 1e-7 },
  tanh: { exact: Math.tanh, from: -12, to: 12, relative: 4e-7, absolute: 0 },
  sigmoid: { exact: (x) => 1 / (1 + Math.exp(-x)), from: -80, to: 80, relative: 4e-7, absolute: 0 },
  softplus: { exact: log1p, from: -80, to: 80, relative: 4e-7, absolute: 0 },
  erf: { exact: erf, from: -6, to: 6, relative: 4e-7, absolute: 4e-7 },
};

for (const fused of hasRelaxedSimd() ? [false, true] : [false]) {
  for (const [name, { exact, from, to, relative, absolute }] of Object.entries(FUNCTIONS)) {
    test(`${name} stays within its bounds${fused ? ', fused' : ''}`, () => {
      const count = 200_000;
      const even = Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
      const small = Float32Array.from({ length: count }, (_, i) => (i % 2 ? 1 : -1) * 10 ** ((-8 * i) / count));
      const xs = Float32Array.from([...even, ...small.map((x) => (name === 'log' ? 1 + x / 2 : x))]);
      const ys = apply(name as Name, xs, fused);
      let worst = 0;
      xs.forEach((x, i) => {
        worst = Math.max(worst, Math.abs(ys[i]! - exact(x)) / (absolute + relative * Math.abs(exact(x))));
      });
      assert.ok(worst <= 1, `${worst.toFixed(2)} times the bound`);
    });

    test(`${name} of what is not a finite number${fused ? ', fused' : ''}`, () => {
      const xs = Float32Array.of(Infinity, -Infinity, NaN, 0, -1e30, 1e30, -104, 89);
      const ys = apply(name as Name, xs, fused);
      xs.forEach((x, i) => {
        const expected = Math.fround(exact(x));
        if (Math.abs(expected) === Infinity || Number.isNaN(expected)) assert.equal(ys[i], expected, `${name}(${x})`);
        else assert.ok(Math.abs(ys[i]! - expected) <= 4e-7 * Math.abs(expected) + 1e-37, `${name}(${x}) = ${ys[i]}`);
      });
    });
  }
}
