/** A program of vectors and numbers, as SIMD loops. */
import { inputsOf, type Program } from '../../program/program.ts';
import { elementCount } from '../../program/shapes.ts';
import { verifyProgram } from '../../program/verify.ts';
import type { RunOrder } from '../executor.ts';
import { stepInput, type Part, type PreparedPart } from './part.ts';
import type { StateMemory } from './state-memory.ts';
import { compileVectorProgram, constantsOf } from './vector-loops.ts';

export class LoopPart implements Part {
  readonly #program: Program;
  readonly #memory: StateMemory;
  /** Compiled with the first run: a network that only predicts needs no optimizer. */
  #step: ((...numbers: number[]) => void) | null = null;

  constructor(program: Program, memory: StateMemory) {
    verifyProgram(program);
    this.#program = program;
    this.#memory = memory;
  }

  /** Elements of its outputs and constants, which need places in memory. */
  static sizesOf(program: Program): (readonly [name: string, elements: number])[] {
    return [
      ...program.outputs.map(({ name }) => [outputName(program, name), 1] as const),
      ...constantsOf(program).map(
        ({ id, shape }) => [constantName(program, id), elementCount(shape, Number.NaN)] as const,
      ),
    ];
  }

  prepare(order: RunOrder): Promise<PreparedPart> {
    const program = this.#program;
    const step = (this.#step ??= this.#compile());
    const inputs = inputsOf(program, 'step').map(({ name }) => stepInput(program, order, name));
    const outputs = new Map(
      program.outputs.map(({ name }) => [name, this.#memory.view(outputName(program, name))] as const),
    );
    return Promise.resolve({ outputs, run: (index) => step(...inputs.map((values) => values[index] ?? Number.NaN)) });
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  #compile(): (...numbers: number[]) => void {
    const program = this.#program;
    for (const { id, values } of constantsOf(program)) this.#memory.view(constantName(program, id)).set(values);
    const places = {
      state: (name: string) => this.#memory.offset(name),
      output: (name: string) => this.#memory.offset(outputName(program, name)),
      constant: (id: number) => this.#memory.offset(constantName(program, id)),
    };
    return compileVectorProgram(program, places, this.#memory.memory);
  }
}

const outputName = (program: Program, name: string): string => `${program.name}: output ${name}`;
const constantName = (program: Program, id: number): string => `${program.name}: constant ${id}`;
