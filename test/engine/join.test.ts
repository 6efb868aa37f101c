import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgramBuilder } from '../../src/engine/program/builder.ts';
import { joinPrograms } from '../../src/engine/program/join.ts';
import type { Routine } from '../../src/engine/program/program.ts';
import { verifyProgram } from '../../src/engine/program/verify.ts';
import { interpret } from './interpreter.ts';

/** `first` hands 2 a + x over and moves `a`; `second` reads both as `first` left them. */
function routine(): Routine {
  const first = new ProgramBuilder();
  const a = first.state('a', 2);
  const x = first.step('x', 'float32', [2]);
  first.update(first.state('between', 2), first.add(first.mul(a, 2), x));
  first.update(a, first.add(a, 1));
  first.output('seen', a);
  const second = new ProgramBuilder();
  const b = second.state('b', 2);
  const moved = second.state('a', 2);
  second.update(b, second.add(b, second.mul(second.state('between', 2), moved)));
  second.output('moved', moved);
  second.output('shift', second.step('x', 'float32', [2]));
  return {
    name: 'both',
    programs: [first.build('first'), second.build('second')],
    handedOver: ['between'],
    largestBatch: 1,
  };
}

test('a joined program computes what its programs compute one after another', () => {
  const inputs = { a: [1, 2], b: [10, 20], between: [Number.NaN, Number.NaN], x: [3, 5] };
  const { programs, ...rest } = routine();
  const joined = joinPrograms({ programs, ...rest });
  verifyProgram(joined);
  assert.equal(joined.name, 'both');
  assert.deepEqual(
    joined.states.map(({ name, next }) => [name, next !== null]),
    [
      ['a', true],
      ['b', true],
    ],
    'a state that only hands values over is none of the joined program',
  );
  const [first, second] = programs;
  const before = interpret(first!, inputs, 1);
  const after = interpret(second!, { ...inputs, ...before.states }, 1);
  const whole = interpret(joined, inputs, 1);
  assert.deepEqual(whole.outputs, { ...before.outputs, ...after.outputs });
  assert.deepEqual(whole.states.a, before.states.a);
  assert.deepEqual(whole.states.b, after.states.b);
});

test('a state of the routine that nobody hands over stays one', () => {
  const joined = joinPrograms({ ...routine(), handedOver: [] });
  verifyProgram(joined);
  assert.ok(joined.states.some(({ name, next }) => name === 'between' && next !== null));
});
