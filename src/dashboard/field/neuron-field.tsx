import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { isOut } from '../data/life.ts';
import { count, percent } from '../parts/format.ts';
import { arrange, neuronAt, cellOf, type Layout } from './layout.ts';
import { FieldPainter, type Spot } from './painter.ts';
import type { FieldView } from './view.ts';
import { NeuronNote } from './neuron-note.tsx';

const PAD = 20;
const isSame = (a: Spot | null, b: Spot | null) => a?.layer === b?.layer && a?.index === b?.index;

interface Props {
  view: FieldView;
  pinned: Spot | null;
  pin: (spot: Spot | null) => void;
  /** The text of the note beside the pointer. */
  describe: (spot: Spot) => { title: string; lines: [string, string][]; life: string };
}

/** Every neuron of every layer as a lamp. Pointer or arrow keys inspect one; a click or Enter pins it. */
export function NeuronField({ view, pinned, pin, describe }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const layout = useSignal<Layout | null>(null);
  const loop = useRef<FieldLoop | null>(null);
  const cursor = useSignal<Spot | null>(null);
  const size = useSignal({ width: 0, ratio: 1 });
  const shape = view.layers.map((layer) => `${layer.name}:${layer.units}`).join();

  useEffect(() => {
    loop.current = new FieldLoop(new FieldPainter(below.current!, above.current!));
    const observer = new ResizeObserver(([entry]) => {
      size.value = { width: Math.floor(entry!.contentRect.width), ratio: devicePixelRatio };
    });
    observer.observe(frame.current!);
    return () => {
      observer.disconnect();
      loop.current?.stop();
    };
  }, []);
  const { width, ratio } = size.value;
  useEffect(() => {
    if (width === 0) return;
    layout.value = arrange(view.layers, width, Math.max(300, Math.min(460, innerHeight * 0.55)));
    loop.current?.painter.setLayout(layout.value, ratio);
    loop.current?.wake();
  }, [shape, width, ratio]);
  useEffect(() => {
    loop.current?.painter.setFired(view.fired);
    loop.current?.painter.setStates(view.states);
    loop.current?.wake();
  }, [view, width]);

  const look = (event: PointerEvent) => {
    const box = above.current!.getBoundingClientRect();
    const spot = layout.value && neuronAt(layout.value, event.clientX - box.left, event.clientY - box.top);
    if (!isSame(spot, cursor.peek())) cursor.value = spot;
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      pin(null);
      cursor.value = null;
      return;
    }
    const next = moved(event.key, cursor.value ?? pinned, view, layout.value);
    if (event.key === 'Enter' || event.key === ' ') {
      if (cursor.value) pin(isSame(cursor.value, pinned) ? null : cursor.value);
    } else if (next) cursor.value = next;
    else return;
    event.preventDefault();
  };
  const out = view.states.filter(isOut).length;
  const at = cursor.value && layout.value ? cellOf(layout.value, cursor.value.layer, cursor.value.index) : null;
  const note =
    cursor.value && cursor.value.index < (view.layers[cursor.value.layer]?.units ?? 0) ? describe(cursor.value) : null;
  return (
    <div class="field-board" style={{ padding: `${PAD - 6}px ${PAD}px ${PAD}px` }}>
      <div
        ref={frame}
        class="field-frame"
        role="application"
        tabIndex={0}
        aria-label={`Neuron field: ${count(view.fired.length, 'neuron')} in ${count(view.layers.length, 'layer')}, ${out} of them dead or silent. Use the arrow keys to inspect a neuron and Enter to pin it.`}
        onPointerMove={look}
        onPointerLeave={() => {
          cursor.value = null;
        }}
        onClick={() => {
          if (cursor.value) pin(isSame(cursor.value, pinned) ? null : cursor.value);
        }}
        onKeyDown={press}
        onBlur={() => {
          cursor.value = null;
        }}
      >
        <canvas ref={below} />
        <canvas ref={above} class="above" />
        <Outline layout={layout.value} spot={pinned} kind="chosen" />
        <Outline layout={layout.value} spot={cursor.value} kind="cursor" />
        {at && note && layout.value && <NeuronNote {...note} x={at.x + layout.value.cell} y={at.y} width={width} />}
      </div>
      <span class="sr" aria-live="polite">
        {note
          ? `${note.title}: ${note.lines.map((line) => line.join(' ')).join(', ')}`
          : `On average a neuron fires on ${percent(mean(view.fired))} of samples`}
      </span>
    </div>
  );
}

function Outline({ layout, spot, kind }: { layout: Layout | null; spot: Spot | null; kind: 'cursor' | 'chosen' }) {
  const at = spot && layout && cellOf(layout, spot.layer, spot.index);
  return (
    at && (
      <div
        class={`outline ${kind}`}
        style={{
          left: `${at.x - 2}px`,
          top: `${at.y - 2}px`,
          width: `${layout.cell + 4}px`,
          height: `${layout.cell + 4}px`,
        }}
      />
    )
  );
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / (values.length || 1);

function moved(key: string, from: Spot | null, view: FieldView, layout: Layout | null): Spot | null {
  const { layer, index } = from ?? { layer: 0, index: -1 };
  const units = (of: number) => view.layers[of]?.units ?? 0;
  const rows = layout?.blocks[layer]?.rows ?? 1;
  switch (key) {
    case 'ArrowDown':
      return { layer, index: Math.min(units(layer) - 1, index + 1) };
    case 'ArrowUp':
      return { layer, index: Math.max(0, index - 1) };
    case 'ArrowRight': {
      if (index + rows < units(layer)) return { layer, index: Math.max(0, index) + (from ? rows : 0) };
      return layer + 1 < view.layers.length
        ? { layer: layer + 1, index: Math.min(Math.max(0, index % rows), units(layer + 1) - 1) }
        : from;
    }
    case 'ArrowLeft': {
      if (index - rows >= 0) return { layer, index: index - rows };
      return layer > 0 ? { layer: layer - 1, index: Math.min(Math.max(0, index), units(layer - 1) - 1) } : from;
    }
    case 'Home':
      return { layer: 0, index: 0 };
    case 'End':
      return { layer: view.layers.length - 1, index: units(view.layers.length - 1) - 1 };
    default:
      return null;
  }
}

/** Draws while something moves, then rests: a still field costs nothing. */
class FieldLoop {
  readonly painter: FieldPainter;
  #request = 0;
  #last = 0;
  readonly #isStill = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(painter: FieldPainter) {
    this.painter = painter;
  }

  wake(): void {
    if (this.#request) return;
    this.#last = performance.now();
    this.#request = requestAnimationFrame(this.#frame);
  }

  stop(): void {
    cancelAnimationFrame(this.#request);
  }

  readonly #frame = (now: number): void => {
    const elapsedMs = this.#isStill.matches ? Infinity : Math.max(8, now - this.#last);
    this.#last = now;
    this.#request = this.painter.draw(elapsedMs) ? requestAnimationFrame(this.#frame) : 0;
  };
}
