/** Programs of vectors and numbers as SIMD loops, against plain loops in float64. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileVectorProgram, constantsOf, isVectorProgram } from '../../src/engine/executors/hybrid/vector-loops.ts';
import { StateMemory } from '../../src/engine/executors/hybrid/state-memory.ts';
import { ProgramBuilder } from '../../src/engine/program/builder.ts';
import type { Program } from '../../src/engine/program/program.ts';
import { Random } from '../../src/random.ts';
import { interpret } from './interpreter.ts';

/** Every way in which sums and updates can depend on one another. */
function build(size: number): Program {
  const b = new ProgramBuilder();
  const [x, y, z] = [b.state('x', size), b.state('y', size), b.state('z', size)];
  const rate = b.step('rate', 'float32', []);
  const weights = b.constant(
    Float32Array.from({ length: size }, (_, index) => (index % 3) - 1),
    [size],
  );
  const weighted = b.mul(x, weights);
  const norm = b.sqrt(b.sum(b.mul(weighted, weighted)));
  const scaled = b.div(weighted, b.maximum(norm, 1));
  const second = b.sum(b.abs(b.sub(scaled, b.mul(y, rate))));
  b.update(x, b.add(b.minimum(x, b.neg(y)), b.mul(scaled, b.add(second, 1))));
  // These take each other's values.
  b.update(y, z);
  b.update(z, y);
  b.output('norm', norm);
  b.output('both', b.add(second, norm));
  return b.build('loops');
}

function run(program: Program, states: Record<string, Float32Array>, rate: number) {
  const memory = new StateMemory(
    new Map([
      ...Object.entries(states).map(([name, { length }]) => [name, length] as const),
      ...program.outputs.map(({ name }) => [`output ${name}`, 1] as const),
      ...constantsOf(program).map(({ id, values }) => [`constant ${id}`, values.length] as const),
    ]),
  );
  for (const [name, values] of Object.entries(states)) memory.view(name).set(values);
  for (const { id, values } of constantsOf(program)) memory.view(`constant ${id}`).set(values);
  const step = compileVectorProgram(
    program,
    {
      state: (name) => memory.offset(name),
      output: (name) => memory.offset(`output ${name}`),
      constant: (id) => memory.offset(`constant ${id}`),
    },
    memory.memory,
  );
  step(rate);
  return {
    states: Object.keys(states).map((name) => memory.view(name)),
    outputs: program.outputs.map(({ name }) => memory.view(`output ${name}`)[0]!),
  };
}

// Less than a vector, a few, a whole turn of the loop, and more than a block of turns with something left over.
for (const size of [1, 3, 4, 5, 15, 16, 17, 64, 67, 4096, 4099, 13_001]) {
  test(`loops over ${size} elements compute what the program says`, () => {
    const program = build(size);
    assert.ok(isVectorProgram(program));
    const random = new Random(size, 'drawing');
    const draw = () => Float32Array.from({ length: size }, () => 4 * random.uniform() - 2);
    const states = { x: draw(), y: draw(), z: draw() };
    const expected = interpret(program, { ...states, rate: [0.3] }, 1);
    const actual = run(program, states, 0.3);
    Object.keys(states).forEach((name, index) =>
      near(actual.states[index]!, expected.states[name]!, `state ${name} of ${size}`),
    );
    near(actual.outputs, [...expected.outputs.norm!, ...expected.outputs.both!], `outputs of ${size}`);
  });
}

test('what lies behind the last element does not count', () => {
  const b = new ProgramBuilder();
  const x = b.state('x', 5);
  b.output('sum', b.sum(b.add(x, 1)));
  b.update(x, b.add(x, 1));
  const { outputs } = run(b.build('ones'), { x: new Float32Array(5) }, 0);
  assert.deepEqual(outputs, [5]);
});

test('a program with a batch, with two lengths or with an operation that has no loop is none for loops', () => {
  const broken: ((b: ProgramBuilder) => void)[] = [
    (b) => b.output('y', b.sum(b.step('rows', 'float32', ['batch', 2]))),
    (b) => b.output('y', b.add(b.sum(b.state('v', 2)), b.sum(b.state('w', 3)))),
    (b) => b.output('y', b.sum(b.exp(b.state('v', 2)))),
    (b) => b.output('y', b.state('v', 2)),
  ];
  for (const write of broken) {
    const b = new ProgramBuilder();
    write(b);
    assert.equal(isVectorProgram(b.build('none')), false);
  }
});

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++)
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= 2e-6 * (1 + Math.abs(expected[i]!)),
      `${what}[${i}]: ${actual[i]} instead of ${expected[i]}`,
    );
}
