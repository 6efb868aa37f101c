import { useEffect, useRef, useState } from 'preact/hooks';
import type { Run } from '../../vocabulary/index.ts';
import { lossCurve } from '../data/sparkline-data.ts';
import { palette } from '../theme.ts';
import { colourOf } from './run-style.ts';

const WIDTH = 120,
  HEIGHT = 30,
  PAD = 3;

/**
 * The run's loss from its first step to now, on a logarithmic scale where it falls far. Fetched only once the row is in
 * sight.
 */
export function LossSparkline({ run }: { run: Run }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [inSight, setInSight] = useState(false);
  const colours = palette.value;

  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) setInSight(true);
    });
    observer.observe(canvas.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!inSight) return;
    let gone = false;
    const draw = (values: number[]) => {
      if (!gone && canvas.current) drawCurve(canvas.current, values, colours.curves[colourOf(run.id)]!);
    };
    const values = lossCurve(run, draw);
    if (values) draw(values);
    return () => {
      gone = true;
    };
  }, [inSight, run.id, run.progress.step, colours]);

  return (
    <canvas
      ref={canvas}
      style={{ width: `${WIDTH}px`, height: `${HEIGHT}px` }}
      role="img"
      aria-label={`Loss of ${run.name || run.id}`}
    />
  );
}

function drawCurve(canvas: HTMLCanvasElement, values: number[], colour: string): void {
  const ratio = devicePixelRatio;
  canvas.width = WIDTH * ratio;
  canvas.height = HEIGHT * ratio;
  const context = canvas.getContext('2d');
  if (!context || values.length < 2) return;
  const low = Math.min(...values),
    high = Math.max(...values);
  const scale = low > 0 && high / low > 20 ? Math.log : (value: number) => value;
  const from = scale(low),
    span = scale(high) - from || 1;
  context.scale(ratio, ratio);
  context.beginPath();
  values.forEach((value, i) =>
    context.lineTo(
      PAD + (i / (values.length - 1)) * (WIDTH - 2 * PAD),
      HEIGHT - PAD - ((scale(value) - from) / span) * (HEIGHT - 2 * PAD),
    ),
  );
  context.strokeStyle = colour;
  context.lineWidth = 1.4;
  context.lineJoin = 'round';
  context.stroke();
}
