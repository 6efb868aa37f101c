import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axisRange, clippedEnds, logRange } from '../../src/dashboard/charts/axis-range.ts';
import { combine } from '../../src/dashboard/charts/combine.ts';
import type { Curve } from '../../src/dashboard/charts/curve.ts';
import { draw, type DrawingOptions } from '../../src/dashboard/charts/drawing.ts';
import { toCsv } from '../../src/dashboard/charts/export/csv.ts';
import type { Picture } from '../../src/dashboard/charts/export/picture.ts';
import { toSvg } from '../../src/dashboard/charts/export/svg.ts';
import { linearTicks, logTicks } from '../../src/dashboard/charts/export/ticks.ts';
import { toPixels } from '../../src/dashboard/charts/pixels.ts';
import { colourOf, RUN_COLOURS, stylesOf } from '../../src/dashboard/charts/run-style.ts';
import { toStep, toX, type RunScale } from '../../src/dashboard/charts/x-axis.ts';
import { number } from '../../src/dashboard/parts/format.ts';
import { Smoother } from '../../src/vocabulary/index.ts';

const curve = (id: string, points: [step: number, value: number][], more: Partial<Curve> = {}): Curve => ({
  id,
  label: id,
  colour: '#123456',
  series: {
    steps: Float64Array.from(points, ([step]) => step),
    values: Float64Array.from(points, ([, value]) => value),
  },
  ...more,
});

const options: DrawingOptions = {
  axis: 'step',
  scale: null,
  isLogX: false,
  isLogY: false,
  smoothing: 0,
  smoothingRange: 100,
  zoom: null,
  end: 100,
  isClipped: false,
  fixed: undefined,
  domain: undefined,
  width: 800,
};

/** What a column of the plot shows, by place. */
const pointsOf = ([axis, ...columns]: ArrayLike<number | null | undefined>[], i = 0): [number, number | null][] =>
  Array.from(axis!, (x, at) => [x!, columns[i]![at]] as const).filter(
    (point): point is [number, number | null] => point[1] !== undefined,
  );

test('smoothing is the weighted mean of everything before, at any density of points', () => {
  const xs = [0, 1, 2, 7, 7.5, 30, 31],
    ys = [5, -2, 0.5, 9, 9, 1, 4];
  for (const smoothing of [0, 0.3, 0.9, 0.99]) {
    const smoother = new Smoother(smoothing, 500);
    for (const [i, x] of xs.entries()) {
      const weights = xs.slice(0, i + 1).map((other) => Math.min(Math.sqrt(smoothing), 0.999) ** ((x - other) * 2));
      const expected = weights.reduce((sum, weight, j) => sum + weight * ys[j]!, 0) / weights.reduce((a, b) => a + b);
      assert.ok(Math.abs(smoother.next(x, ys[i]!) - expected) < 1e-9, `${smoothing} at ${x}`);
    }
  }
  const constant = new Smoother(0.99, 10);
  for (const x of xs) assert.ok(Math.abs(constant.next(x, 3) - 3) < 1e-12, 'no bias towards zero at the start');
  const gapped = new Smoother(0.5, 10);
  gapped.next(0, 1);
  assert.ok(Number.isNaN(gapped.next(1, Number.NaN)));
  assert.ok(Number.isFinite(gapped.next(2, 1)), 'a value that is not known changes nothing');
});

test('the smoothed curve is in front of its points, and one made from all points is taken as it is', () => {
  const all = curve('a', [
    [1, 0],
    [50, 10],
    [100, 0],
  ]);
  const { lines } = draw([all], { ...options, smoothing: 0.9 });
  assert.deepEqual(
    lines.map(({ role }) => role),
    ['raw', 'main'],
  );
  const smoother = new Smoother(0.9, 100);
  assert.deepEqual([...lines[1]!.y], [smoother.next(1, 0), smoother.next(50, 10), smoother.next(100, 0)]);
  const smoothed = { steps: Float64Array.of(1, 100), values: Float64Array.of(7, 8) };
  const given = draw([{ ...all, smoothed }], { ...options, smoothing: 0.9 }).lines;
  assert.deepEqual([...given[1]!.y], [7, 8]);
});

test('a million points become at most four per pixel, and no peak is lost', () => {
  const count = 1_000_000;
  const x = Float64Array.from({ length: count }, (_, i) => i),
    y = x.map((step) => Math.sin(step / 50_000) + (step === 123_456 ? 40 : step === 654_321 ? -40 : 0));
  const columns = toPixels([{ x, y }], { from: 0, to: count - 1, isLogX: false, isLogY: false, width: 600 });
  const points = pointsOf(columns);
  assert.ok(points.length <= 600 * 4 + 2 && points.length > 600, String(points.length));
  const values = points.map(([, value]) => value!);
  assert.deepEqual([Math.max(...values), Math.min(...values)], [Math.max(...y.subarray(123_456, 123_457)), y[654_321]]);
  assert.ok(points.every(([at], i) => i === 0 || at > points[i - 1]![0]));
  const [peak] = points.find(([, value]) => value! > 30)!;
  assert.ok(Math.abs(peak - 123_456) <= count / 600, 'a peak stays at its place');
});

test('few points keep their places to a quarter of a pixel, whatever other lines are measured at', () => {
  const columns = toPixels(
    [
      { x: Float64Array.of(0, 10, 20, 99), y: Float64Array.of(1, 2, 3, 4) },
      { x: Float64Array.of(5, 15), y: Float64Array.of(7, 8) },
    ],
    { from: 0, to: 100, isLogX: false, isLogY: false, width: 400 },
  );
  for (const [i, wanted] of [
    [
      [0, 1],
      [10, 2],
      [20, 3],
      [99, 4],
    ],
    [
      [5, 7],
      [15, 8],
    ],
  ].entries()) {
    const points = pointsOf(columns, i);
    assert.deepEqual(
      points.map(([, value]) => value),
      wanted.map(([, value]) => value),
    );
    points.forEach(([x], k) => assert.ok(Math.abs(x - wanted[k]![0]!) <= 100 / 400 / 4, `${x}`));
  }
});

test('a line that enters and leaves a zoomed range is cut at its ends, straight on its axes', () => {
  const line = { x: Float64Array.of(0, 10, 100), y: Float64Array.of(1, 10, 100) };
  const linear = pointsOf(toPixels([line], { from: 5, to: 55, isLogX: false, isLogY: false, width: 100 }));
  assert.deepEqual(
    [linear[0], linear.at(-1)],
    [
      [5, 5.5],
      [55, 55],
    ],
  );
  const log = pointsOf(
    toPixels([{ x: Float64Array.of(1, 100), y: Float64Array.of(1, 100) }], {
      from: 10,
      to: 50,
      isLogX: true,
      isLogY: true,
      width: 100,
    }),
  );
  assert.ok(Math.abs(log[0]![1]! - 10) < 1e-9 && Math.abs(log.at(-1)![1]! - 50) < 1e-9, JSON.stringify(log));
});

test('a logarithmic axis leaves out zero and less as gaps, and counts them', () => {
  const points = curve('a', [
    [0, 1],
    [1, 10],
    [10, 0],
    [20, -5],
    [100, 1000],
  ]);
  const onY = draw([points], { ...options, isLogY: true });
  assert.equal(onY.unshown, 2);
  assert.deepEqual(
    pointsOf(onY.columns).map(([, value]) => value),
    [1, 10, null, null, 1000],
  );
  assert.ok(onY.y[0] > 0 && onY.y[0] < 1 && onY.y[1] > 1000);
  const onX = draw([points], { ...options, isLogX: true });
  assert.equal(onX.unshown, 1);
  assert.deepEqual(onX.x, [1, 100]);
  const nothing = draw(
    [
      curve('b', [
        [0, -1],
        [5, 0],
      ]),
    ],
    { ...options, isLogX: true, isLogY: true },
  );
  assert.ok(nothing.y[0] > 0 && nothing.x[0] > 0, 'an axis without values is still an axis');
  assert.equal(draw([points], options).unshown, 0);
  assert.deepEqual(logRange(null, null), [1, 10]);
  assert.ok(logRange(3, 3)[0] < 3 && logRange(3, 3)[1] > 3);
});

test('a clipped axis shows the 5th to the 95th percentile, and counts what is beyond it', () => {
  const values = Array.from({ length: 200 }, (_, i): [number, number] => [
    i,
    i === 100 ? 1e6 : i === 50 ? -1e6 : Math.sin(i),
  ]);
  const open = draw([curve('a', values)], { ...options, end: 199 }),
    clipped = draw([curve('a', values)], { ...options, end: 199, isClipped: true });
  assert.ok(open.y[1] >= 1e6 && open.beyond === 0);
  assert.ok(clipped.y[1] < 1.2 && clipped.y[0] > -1.2);
  const beyond = values.filter(([, value]) => value < clipped.y[0] || value > clipped.y[1]).length;
  assert.equal(clipped.beyond, beyond);
  assert.ok(beyond >= 2);
  assert.equal(clippedEnds([], [0, 1]), null);
  assert.deepEqual(axisRange(0, 1, { domain: [0, 1] }), [0, 1]);
});

const scale: RunScale = {
  stepsPerEpoch: 4,
  batchSize: 32,
  samplesPerEpoch: 100,
  startedAt: 1_000_000,
  times: { steps: [10, 20], at: [1_002_000, 1_012_000] },
};

test('a step is converted to epochs, samples and seconds, and back', () => {
  assert.equal(toX('epoch', scale, 6), 1.5);
  // The last batch of an epoch has 4 of its 100 samples.
  assert.deepEqual(
    [3, 4, 5, 8].map((step) => toX('samples', scale, step)),
    [96, 100, 132, 200],
  );
  assert.deepEqual(
    [0, 5, 10, 15, 20, 99].map((step) => toX('time', scale, step)),
    [0, 1, 2, 7, 12, 12],
  );
  assert.ok(Number.isNaN(toX('time', { ...scale, startedAt: null }, 5)));
  for (const axis of ['step', 'epoch', 'samples', 'time'] as const)
    for (const step of [0, 2, 7, 12, 20])
      assert.ok(Math.abs(toStep(axis, scale, toX(axis, scale, step)) - step) < 1e-9, `${axis} ${step}`);
});

test('curves by step and by epoch, of runs that differ in what a step is, stay aligned on one axis', () => {
  const other = { ...scale, stepsPerEpoch: 10 };
  const { lines } = draw(
    [
      curve(
        'by step',
        [
          [1, 1],
          [2, 2],
          [4, 3],
        ],
        { scale },
      ),
      curve(
        'by epoch',
        [
          [4, 5],
          [8, 6],
        ],
        { scale },
      ),
      curve('longer epochs', [[10, 7]], { scale: other }),
    ],
    { ...options, axis: 'epoch', end: 2 },
  );
  assert.deepEqual(
    lines.map(({ x }) => [...x]),
    [[0.25, 0.5, 1], [1, 2], [1]],
  );
});

test('the colour of a run follows from its id alone, and runs of one colour have different strokes', () => {
  const ids = Array.from({ length: 400 }, (_, i) => `run_01m8g2x${i.toString(36)}`);
  const counts = Array.from({ length: RUN_COLOURS }, () => 0);
  for (const id of ids) {
    assert.ok(colourOf(id) in counts, `${colourOf(id)}`);
    counts[colourOf(id)]! += 1;
  }
  assert.ok(Math.min(...counts) > 25, counts.join());
  const some = ids.slice(0, 20);
  const styles = stylesOf(some);
  styles.forEach(({ colour }, i) => assert.equal(colour, colourOf(some[i]!)));
  assert.equal(new Set(styles.map(({ colour, dash }) => `${colour} ${dash?.join()}`)).size, some.length);
});

const picture = (curves: Curve[], more: Partial<DrawingOptions> = {}): Picture => {
  const all = { ...options, ...more };
  return {
    title: 'Training loss',
    drawing: draw(curves, all),
    axis: all.axis,
    isLogX: all.isLogX,
    isLogY: all.isLogY,
    smoothing: all.smoothing,
    format: number,
    notes: [],
    width: 700,
    height: 300,
    colours: { ink: '#111', muted: '#777', line: '#ddd', surface: '#fff' },
  };
};

test('a chart as CSV has what is seen: its range, its curves, names and units', () => {
  const a = curve('loss, "raw"', [
      [0, 1],
      [50, 0.5],
      [100, 0.25],
    ]),
    b = curve('validation', [[50, 0.7]]);
  assert.equal(
    toCsv(picture([a, b], { zoom: [10, 100] })),
    'step,"Training loss: loss, ""raw""",Training loss: validation\r\n50,0.5,0.7\r\n100,0.25,\r\n',
  );
  const smooth = toCsv(picture([b], { smoothing: 0.6, axis: 'epoch', scale }));
  assert.equal(smooth, 'epoch,Training loss: validation,Training loss: validation (smoothed 0.6)\r\n12.5,0.7,0.7\r\n');
});

test('a chart as SVG is well formed, names its axes and curves, and draws each line', () => {
  const { text, width, height } = toSvg(
    picture(
      [
        curve('a < b & c', [
          [1, 1],
          [50, 0],
          [100, 100],
        ]),
        curve(
          'dashed',
          [
            [1, 2],
            [100, 3],
          ],
          { dash: [7, 4] },
        ),
      ],
      {
        isLogY: true,
        isLogX: true,
        smoothing: 0.5,
      },
    ),
  );
  assert.match(text, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/);
  assert.ok(width >= 700 && height > 300);
  for (const words of ['Training loss', 'a &lt; b &amp; c', 'dashed', 'step, logarithmic', 'Smoothed by 0.5'])
    assert.ok(text.includes(words), words);
  assert.ok(text.includes('stroke-dasharray="7 4"'));
  // Two lines per curve: the points, and the smoothed curve. One has a gap where the value is zero.
  const paths = [...text.matchAll(/<path d="(M[^"]+)" stroke="#123456" stroke-width="1(?:\.5)?"/g)].map(([, d]) => d!);
  assert.equal(paths.length, 4);
  assert.equal(paths.filter((d) => d.split('M').length === 3).length, 1);
  assert.doesNotMatch(text, /NaN|Infinity|undefined/);
});

test('labels of axes are round numbers within the axis', () => {
  assert.deepEqual(linearTicks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(linearTicks(3, 3, 5), [3]);
  assert.deepEqual(logTicks(0.5, 200, 20), [0.5, 1, 2, 5, 10, 20, 50, 100, 200]);
  assert.deepEqual(logTicks(1e-6, 1e6, 6), [1e-6, 1e-4, 1e-2, 1, 1e2, 1e4, 1e6]);
});

const points = (steps: number[], values: number[]) => ({
  steps: Float64Array.from(steps),
  values: Float64Array.from(values),
});

test('runs of a group are combined at every step, with the number of runs that are there', () => {
  const curves = [points([1, 2, 3], [1, 2, 3]), points([1, 2, 3], [3, 6, 9]), points([1, 2], [8, 4])];
  const { steps, values, low, high, counts } = combine(curves, { middle: 'mean', band: 'range' });
  assert.deepEqual([...steps], [1, 2, 3]);
  assert.deepEqual([...values], [4, 4, 6]);
  assert.deepEqual(
    [[...low], [...high]],
    [
      [1, 2, 3],
      [8, 6, 9],
    ],
  );
  assert.deepEqual([...counts], [3, 3, 2]);
  assert.deepEqual([...combine(curves, { middle: 'median', band: 'range' }).values], [3, 4, 6]);
});

test('a band is what it is called', () => {
  const curves = [1, 2, 3, 4].map((value) => points([0], [value]));
  const half = (band: 'std' | 'stderr' | 'ci95') => combine(curves, { middle: 'mean', band }).high[0]! - 2.5;
  const deviation = Math.sqrt(5 / 3);
  assert.ok(Math.abs(half('std') - deviation) < 1e-12);
  assert.ok(Math.abs(half('stderr') - deviation / 2) < 1e-12);
  // The 97.5 % quantile of Student's t with 3 degrees of freedom.
  assert.ok(Math.abs(half('ci95') - (3.182 * deviation) / 2) < 1e-9);
  const alone = combine([points([0], [7])], { middle: 'mean', band: 'ci95' });
  assert.deepEqual([alone.low[0], alone.values[0], alone.high[0]], [7, 7, 7]);
});

test('curves at different steps meet between their points, and none reaches beyond its ends', () => {
  const { steps, values, counts } = combine([points([0, 10], [0, 10]), points([5, 15], [100, 200])], {
    middle: 'mean',
    band: 'std',
  });
  assert.deepEqual([...steps], [0, 5, 10, 15]);
  assert.deepEqual([...counts], [1, 2, 2, 1]);
  assert.deepEqual([...values], [0, 52.5, 80, 200]);
  const many = combine(
    [0, 0.5].map((shift) =>
      points(
        Array.from({ length: 3000 }, (_, i) => i + shift),
        Array.from({ length: 3000 }, () => 1),
      ),
    ),
    { middle: 'mean', band: 'std' },
  );
  assert.ok(many.steps.length <= 1000);
  assert.deepEqual([many.steps[0], many.steps.at(-1)], [0, 2999.5]);
});

type Triple = [number, number, number];

/** How colours look with no cone for red and none for green: Machado et al. 2009, severity 1, in linear RGB. */
const SIGHTS: Record<string, Triple[]> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

function linear(hex: string): Triple {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);

/** CIE L*a*b* under D65. */
function toLab([r, g, b]: Triple): Triple {
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047),
    y = f(0.2126 * r + 0.7152 * g + 0.0722 * b),
    z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const luminance = (hex: string): number => toLab(linear(hex))[0];

test('the colours of curves are far apart without red or green cones too, and stand out from the surface', () => {
  const css = readFileSync(new URL('../../../src/dashboard/styles/tokens.css', import.meta.url), 'utf8');
  const find = (name: string) => [...css.matchAll(new RegExp(`--${name}: (#[0-9a-f]{6})`, 'g'))].map(([, hex]) => hex!);
  for (const theme of [0, 1]) {
    const colours = Array.from({ length: RUN_COLOURS }, (_, i) => find(`curve-${i + 1}`)[theme]!);
    const [surface] = find('surface').slice(theme);
    for (const colour of colours)
      assert.ok(Math.abs(luminance(colour) - luminance(surface!)) > 25, `${colour} on ${surface}`);
    for (const [sight, matrix] of Object.entries(SIGHTS)) {
      const seen = colours.map((hex) => {
        const rgb = linear(hex);
        return toLab(
          matrix.map((row) =>
            Math.min(
              1,
              Math.max(
                0,
                row.reduce((sum, share, i) => sum + share * rgb[i]!, 0),
              ),
            ),
          ) as Triple,
        );
      });
      seen.forEach((a, i) =>
        seen.slice(i + 1).forEach((b, k) => {
          const distance = Math.hypot(...a.map((value, at) => value - b[at]!));
          assert.ok(distance > 20, `${sight}: ${colours[i]} and ${colours[i + 1 + k]} are ${distance} apart`);
        }),
      );
    }
  }
});
