/**
 * The board in front of the lamps: opaque, with a hole for every lamp, the marks of lamps that are out, and the names
 * of the layers. Drawn as a whole for a new layout; after that only the cells whose state has changed.
 */
import type { NeuronState } from '../../vocabulary/index.ts';
import type { Layout } from './layout.ts';
import { BOARD } from './scale.ts';

/** From this size on lamps are round, leak light and carry thicker marks. */
const ROUND_FROM = 10;
const LEAK = 0.09;
const LABEL_HEIGHT = 34;
/** Narrower layers are named by their number. */
const NAME_FROM = 52;
const NARROWEST_LABEL = 24;

export class FieldMask {
  readonly #context: CanvasRenderingContext2D;
  #layout: Layout = { cell: 1, width: 1, height: 1, blocks: [] };
  #states: NeuronState[] = [];
  /** The first neuron of every layer. */
  #starts: number[] = [];
  #dirty = new Set<number>();
  #isNew = true;

  constructor(canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext('2d')!;
  }

  setLayout(layout: Layout, ratio: number): void {
    this.#layout = layout;
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    let start = 0;
    this.#starts = layout.blocks.map(({ units }) => {
      const first = start;
      start += units;
      return first;
    });
    this.#isNew = true;
  }

  setStates(states: readonly NeuronState[]): void {
    if (states.length !== this.#states.length) this.#isNew = true;
    else for (const [i, state] of states.entries()) if (state !== this.#states[i]) this.#dirty.add(i);
    this.#states = [...states];
  }

  draw(): void {
    if (this.#isNew) {
      this.#context.fillStyle = BOARD.background;
      this.#context.fillRect(0, 0, this.#layout.width, this.#layout.height);
    } else if (this.#dirty.size === 0) return;
    this.#layout.blocks.forEach((block, layer) => {
      const start = this.#starts[layer]!;
      const changed = Array.from({ length: block.units }, (_, i) => i).filter(
        (i) => this.#isNew || this.#dirty.has(start + i),
      );
      if (changed.length === 0) return;
      this.#drawCells(layer, changed);
      this.#drawLabel(layer);
    });
    this.#isNew = false;
    this.#dirty.clear();
  }

  #drawCells(layer: number, indices: number[]): void {
    const context = this.#context,
      { cell } = this.#layout,
      block = this.#layout.blocks[layer]!,
      start = this.#starts[layer]!;
    const gap = cell >= 20 ? 4 : cell >= ROUND_FROM ? 2 : cell >= 6 ? 1 : 0.5,
      size = cell - gap;
    const cells = new Path2D(),
      holes = new Path2D(),
      out = new Path2D(),
      other = new Path2D();
    for (const i of indices) {
      const x = block.x + Math.floor(i / block.rows) * cell,
        y = block.y + (i % block.rows) * cell;
      cells.rect(x, y, cell, cell);
      holes.roundRect(x + gap / 2, y + gap / 2, size, size, cell >= ROUND_FROM ? size * 0.3 : 0);
      addMark(out, other, this.#states[start + i] ?? 'active', x + gap / 2, y + gap / 2, size);
    }
    context.fillStyle = BOARD.background;
    context.fill(cells);
    context.globalCompositeOperation = 'destination-out';
    context.fill(holes);
    if (cell >= ROUND_FROM) {
      context.globalAlpha = LEAK;
      context.fill(cells);
      context.globalAlpha = 1;
    }
    context.globalCompositeOperation = 'source-over';

    context.lineCap = 'round';
    context.lineWidth = cell >= 20 ? 2 : cell >= ROUND_FROM ? 1.5 : 1;
    context.strokeStyle = BOARD.out;
    context.stroke(out);
    context.strokeStyle = BOARD.mark;
    context.stroke(other);
  }

  /** The layer's name, and how many of its neurons are out; if none are and there is room, how many it has. */
  #drawLabel(layer: number): void {
    const context = this.#context,
      block = this.#layout.blocks[layer]!;
    const states = this.#states.slice(this.#starts[layer], this.#starts[layer]! + block.units);
    const dead = states.filter((state) => state === 'dead').length,
      silent = states.filter((state) => state === 'silent').length;
    const counts = [dead > 0 ? `× ${dead}` : '', silent > 0 ? `○ ${silent}` : ''].filter(Boolean).join('  ');
    const room = Math.max(NARROWEST_LABEL, block.columns * this.#layout.cell),
      hasRoom = room >= NAME_FROM;
    context.fillStyle = BOARD.background;
    context.fillRect(block.x, block.y - LABEL_HEIGHT, room + 10, LABEL_HEIGHT - 2);
    context.textBaseline = 'alphabetic';
    context.fillStyle = BOARD.text;
    context.font = '500 11px Inter, system-ui, sans-serif';
    context.fillText(hasRoom ? block.label : String(layer + 1), block.x, block.y - 20);
    if (counts) {
      context.fillStyle = BOARD.out;
      context.font = '600 11px Inter, system-ui, sans-serif';
    }
    context.fillText(counts || (hasRoom ? String(block.units) : ''), block.x, block.y - 6);
  }
}

/** Shapes that need no colour: a cross is dead, a ring silent, a bar stuck, two bars constant, a cap saturated. */
function addMark(out: Path2D, other: Path2D, state: NeuronState, x: number, y: number, size: number): void {
  const inset = size * 0.27,
    left = x + inset,
    right = x + size - inset,
    top = y + inset,
    bottom = y + size - inset,
    middle = y + size / 2;
  switch (state) {
    case 'dead':
      out.moveTo(left, top);
      out.lineTo(right, bottom);
      out.moveTo(right, top);
      out.lineTo(left, bottom);
      break;
    case 'silent':
      out.moveTo(right, middle);
      out.arc(x + size / 2, middle, size / 2 - inset, 0, 2 * Math.PI);
      break;
    case 'stuck':
      other.moveTo(left, middle);
      other.lineTo(right, middle);
      break;
    case 'constant':
      other.moveTo(left, middle - size * 0.1);
      other.lineTo(right, middle - size * 0.1);
      other.moveTo(left, middle + size * 0.1);
      other.lineTo(right, middle + size * 0.1);
      break;
    case 'saturated':
      other.moveTo(left, bottom);
      other.lineTo(left, top);
      other.lineTo(right, top);
      break;
    case 'active':
    case 'rare':
      break;
  }
}
