/**
 * Draws the field in two layers. Below is the light: one pixel per neuron in a small image, scaled up, so that a frame
 * costs about the same for a hundred neurons as for thousands. Above it is the mask.
 */
import type { NeuronState } from '../../vocabulary/index.ts';
import { isOut } from '../data/life.ts';
import type { Layout } from './layout.ts';
import { FieldMask } from './mask.ts';
import { EMBER, levelOf, OUT_WORD } from './scale.ts';

/** Share of the way to the new brightness per millisecond: a lamp settles in about 150 ms. */
const EASE_PER_MS = 0.02;
const SETTLED = 0.75;

export interface Spot {
  layer: number;
  index: number;
}

export class FieldPainter {
  readonly #below: CanvasRenderingContext2D;
  readonly #above: HTMLCanvasElement;
  readonly #mask: FieldMask;
  #layout: Layout = { cell: 1, width: 1, height: 1, blocks: [] };
  #ratio = 1;
  /**
   * Per neuron, all layers in order: brightness wanted and shown (levels of the scale), its pixel in the small image,
   * its state.
   */
  #wanted = new Float32Array(0);
  #shown = new Float32Array(0);
  #pixel = new Int32Array(0);
  #states: readonly NeuronState[] = [];
  #image = new ImageData(1, 1);
  #words = new Uint32Array(this.#image.data.buffer);
  #small: CanvasRenderingContext2D;
  #blockX: number[] = [];

  constructor(below: HTMLCanvasElement, above: HTMLCanvasElement) {
    this.#below = below.getContext('2d', { alpha: false })!;
    this.#above = above;
    this.#mask = new FieldMask(above);
    this.#small = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  }

  setLayout(layout: Layout, ratio: number): void {
    this.#layout = layout;
    this.#ratio = ratio;
    for (const canvas of [this.#below.canvas, this.#above]) {
      canvas.width = Math.round(layout.width * ratio);
      canvas.height = Math.round(layout.height * ratio);
      canvas.style.width = `${layout.width}px`;
      canvas.style.height = `${layout.height}px`;
    }
    const count = layout.blocks.reduce((sum, block) => sum + block.units, 0);
    const imageWidth = Math.max(
      1,
      layout.blocks.reduce((sum, block) => sum + block.columns, 0),
    );
    const imageHeight = Math.max(1, ...layout.blocks.map((block) => block.rows));
    this.#image = new ImageData(imageWidth, imageHeight);
    this.#words = new Uint32Array(this.#image.data.buffer);
    this.#small.canvas.width = imageWidth;
    this.#small.canvas.height = imageHeight;
    if (count !== this.#wanted.length) {
      this.#wanted = new Float32Array(count);
      this.#shown = new Float32Array(count);
      this.#states = Array.from({ length: count }, () => 'active' as const);
    }
    this.#pixel = new Int32Array(count);
    this.#blockX = [];
    let neuron = 0,
      column = 0;
    for (const block of layout.blocks) {
      this.#blockX.push(column);
      for (let i = 0; i < block.units; i += 1, neuron += 1)
        this.#pixel[neuron] = column + Math.floor(i / block.rows) + (i % block.rows) * imageWidth;
      column += block.columns;
    }
    this.#mask.setLayout(layout, ratio);
    this.#mask.setStates(this.#states);
  }

  /** Firing fractions of every neuron, layers in order. */
  setFired(fired: ArrayLike<number>): void {
    for (let i = 0; i < this.#wanted.length; i += 1) this.#wanted[i] = levelOf(fired[i] ?? 0);
  }

  setStates(states: readonly NeuronState[]): void {
    this.#states = states;
    this.#mask.setStates(states);
  }

  /** One frame; true while lamps are still changing to their new brightness. */
  draw(elapsedMs: number): boolean {
    const share = 1 - Math.exp(-EASE_PER_MS * elapsedMs);
    let isMoving = false;
    for (let i = 0; i < this.#shown.length; i += 1) {
      const wanted = this.#wanted[i]!;
      let level = this.#shown[i]!;
      const distance = wanted - level;
      if (distance > SETTLED || distance < -SETTLED) {
        level += distance * share;
        isMoving = true;
      } else level = wanted;
      this.#shown[i] = level;
      this.#words[this.#pixel[i]!] = isOut(this.#states[i]!) ? OUT_WORD : EMBER[Math.round(level)]!;
    }
    this.#small.putImageData(this.#image, 0, 0);
    this.#drawLamps();
    this.#mask.draw();
    return isMoving;
  }

  #drawLamps(): void {
    const { cell, blocks } = this.#layout;
    const context = this.#below;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.imageSmoothingEnabled = false;
    blocks.forEach((block, i) => {
      context.drawImage(
        this.#small.canvas,
        this.#blockX[i]!,
        0,
        block.columns,
        block.rows,
        block.x,
        block.y,
        block.columns * cell,
        block.rows * cell,
      );
    });
  }
}
