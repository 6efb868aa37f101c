/** Loops over the samples and, within, over many units: sums, maxima and argMax for each sample. */
import type { Node } from '../../program/operations.ts';
import { f32x4, i32, i32x4, v128, type Code, type Local } from './encoder.ts';
import { joinOf } from './folds.ts';
import { VECTOR_BYTES, type Layout } from './layout.ts';
import { LoopWriter, type At } from './loop-writer.ts';

const HERE: At = { level: 'element', unit: 0, vector: 0 };

export class WideWriter extends LoopWriter {
  /** Bytes of the samples in a row, of the unit in a vector of units, and of the samples in the unit's row. */
  readonly #sample = this.f.local('i32');
  readonly #unit = this.f.local('i32');
  readonly #element = this.f.local('i32');

  write(): void {
    this.loadScalars();
    this.f.loop(this.#sample, i32.const(0), i32.const(VECTOR_BYTES * this.batch.vectors), VECTOR_BYTES, () =>
      this.inScope(() => this.#overUnits()),
    );
  }

  protected keyOf(layout: Layout): string {
    return layout.kind === 'panel' ? (layout.rows === 1 ? 'sample' : 'element') : layout.size === 1 ? '' : 'unit';
  }
  protected load(address: number, layout: Layout): Code {
    if (layout.kind === 'panel') return v128.load(layout.rows === 1 ? this.#sample.get : this.#element.get, address);
    return v128.loadSplat(layout.size === 1 ? i32.const(0) : this.#unit.get, address);
  }

  #overUnits(): void {
    const reductions = this.needed.filter(({ id }) => this.forms.of(id).kind === 'overRows');
    const results = new Map(reductions.map((node) => [node.id, this.#start(node)]));
    for (const { operand } of this.context.reads) {
      const layout = this.forms.layout(operand);
      if (layout.kind === 'panel' && layout.rows === 1) this.value(operand, HERE);
    }
    const index = this.f.let('v128', i32x4.const(0));
    this.f.emit(this.#element.set(this.#sample.get));
    const body = (): void => {
      for (const node of this.needed) {
        const result = results.get(node.id);
        if (result) this.#add(node, result, index);
        else if (this.isKept(node.id))
          this.f.emit(v128.store(this.#element.get, this.addressOf(node.id), this.value(node.id, HERE).get));
      }
      this.f.emit(index.set(i32x4.add(index.get, i32x4.const(1))));
    };
    this.f.loop(this.#unit, i32.const(0), i32.const(4 * this.loop.size), 4, () => this.inScope(body), [
      [this.#element, this.batch.stride],
    ]);
    for (const [id, { value }] of results)
      if (this.isKept(id)) this.f.emit(v128.store(this.#sample.get, this.addressOf(id), value.get));
  }

  /** `best` is the greatest so far, of which argMax keeps the index. */
  #start(node: Node): { value: Local; best: Local } {
    const best = this.f.let('v128', f32x4.const(-Infinity));
    const value = node.op === 'argMax' ? i32x4.const(0) : f32x4.const(joinOf(node).neutral);
    return { value: this.f.let('v128', value), best };
  }

  #add(node: Node, { value, best }: { value: Local; best: Local }, index: Local): void {
    const x = this.value(node.inputs[0] ?? Number.NaN, HERE);
    if (node.op !== 'argMax') {
      this.f.emit(value.set(joinOf(node).join(value.get, x.get)));
      return;
    }
    const isGreater = this.f.let('v128', f32x4.gt(x.get, best.get));
    this.f.emit(value.set(v128.select(index.get, value.get, isGreater.get)));
    this.f.emit(best.set(v128.select(x.get, best.get, isGreater.get)));
  }
}
