import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { axisRange } from '../../src/dashboard/charts/axis-range.ts';
import { ago, count, duration, figure, number, percent, stepLabel } from '../../src/dashboard/parts/format.ts';
import { shorten } from '../../src/dashboard/parts/short.ts';

/** Values that grow from 1e-9 to 1e12, with each power of ten and the value just below it. */
const SWEEP = [
  ...Array.from({ length: 4000 }, (_, i) => 10 ** (-9 + (21 * i) / 4000)),
  ...Array.from({ length: 22 }, (_, i) =>
    [0.94, 0.951, 0.9951, 0.99951, 0.999951, 0.9999951, 1].map((near) => near * 10 ** (i - 9)),
  ).flat(),
].sort((a, b) => a - b);

const partsOf = (text: string) =>
  [...text.matchAll(/([\d.]+) (ms|s|min|h|d)/g)].map(([, value, unit]) => ({ value: Number(value), unit: unit ?? '' }));

describe('a duration', () => {
  const SECONDS: Record<string, number> = { ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400 };
  const LIMITS: Record<string, number> = { ms: 1000, s: 60, min: 60, h: 24, d: Infinity };
  it('never fills up a unit, and is accurate to its smallest unit', () => {
    for (let ms = 0; ms < 40 * 86_400_000; ms = ms < 100_000 ? ms + 37 : Math.ceil(ms * 1.0007)) {
      for (const at of [ms, Math.ceil(ms / 60_000) * 60_000 - 1, Math.ceil(ms / 3_600_000) * 3_600_000 - 300]) {
        if (at < 0) continue;
        const parts = partsOf(duration(at));
        assert.ok(parts.length > 0 && parts.every(({ value, unit }) => value < (LIMITS[unit] ?? 0)), duration(at));
        const seconds = parts.reduce((sum, { value, unit }) => sum + value * (SECONDS[unit] ?? NaN), 0);
        const smallest = SECONDS[parts.at(-1)?.unit ?? ''] ?? NaN;
        assert.ok(Math.abs(seconds - at / 1000) <= smallest / 2 + 1e-6, `${at} ms: ${duration(at)}`);
      }
    }
  });

  it('carries into the next unit', () => {
    assert.deepEqual(
      [0, 0.2, 94, 94.9, 95, 9949, 9950, 59_499, 59_500, 119_600, 3_599_600, 7_199_000, 86_399_000, 90_000_000].map(
        duration,
      ),
      [
        '0.0 s',
        '< 1 ms',
        '94 ms',
        '95 ms',
        '0.1 s',
        '9.9 s',
        '10 s',
        '59 s',
        '1 min 0 s',
        '2 min 0 s',
        '1 h 0 min',
        '2 h 0 min',
        '1 d 0 h',
        '1 d 1 h',
      ],
    );
    assert.equal(duration(NaN), '–');
  });
});

const valueOf = (text: string) => Number(text.replaceAll(',', ''));

describe('a number', () => {
  it('can be read back within its digits, grows with its value, and has one form per size', () => {
    let before = 0;
    for (const value of SWEEP) {
      const text = number(value);
      assert.ok(Math.abs(valueOf(text) / value - 1) < 6e-3, `${value}: ${text}`);
      assert.ok(valueOf(text) >= before * (1 - 1e-2), `${value}: ${text}`);
      before = valueOf(text);
      assert.equal(number(-value), `-${text}`);
      // 1000 is always written 1,000.
      assert.doesNotMatch(text, /^\d{4}/, String(value));
    }
  });

  it('carries into the next form', () => {
    assert.deepEqual([999.96, 999.94, 9_999_999.6, 0.00099996, 0.0009994, 0, null].map(number), [
      '1,000',
      '999.9',
      '1.00e7',
      '0.001',
      '9.99e-4',
      '0',
      '–',
    ]);
  });
});

it('a share has its sign on the same line', () => {
  assert.deepEqual(
    [0.9998, 0.5, 0.00034, 1 - 1e-9, undefined].map((value) => percent(value).replace('\u00A0', ' ')),
    ['99.98 %', '50.0 %', '0.03 %', '> 99.9999 %', '–'],
  );
});

it('the figures of a summary are written by their kind', () => {
  assert.deepEqual(
    [figure('loss', 0.99999), figure('r2', 0.99999), figure('testR2', 0.99999), figure('r2', 1), figure('r2', null)],
    ['1', '0.9999', '0.9999', '1', 'not finite'],
  );
  assert.equal(figure('valAccuracy', 0.99996), '99.996\u00A0%');
});

it('every step on an axis has its own label', () => {
  for (const spacing of [1, 5, 100, 2500, 50_000, 1e6]) {
    const labels = Array.from({ length: 400 }, (_, i) => stepLabel(9000 + i * spacing));
    assert.equal(new Set(labels).size, labels.length, String(spacing));
    assert.ok(
      labels.every((label) => label.length <= 9),
      labels.join(' '),
    );
  }
  assert.deepEqual([0, 9999, 10_000, 999_999, 1_000_000, 0.5, null].map(stepLabel), [
    '0',
    '9,999',
    '10k',
    '999.999k',
    '1M',
    '',
    '',
  ]);
});

it('a moment is given in whole units that have passed', () => {
  const now = Date.parse('2026-03-01T00:00:00Z');
  const before = (seconds: number) => ago(new Date(now - seconds * 1000).toISOString(), now);
  assert.deepEqual([0, -5, 59.99, 60, 3599.9, 3600, 86_399].map(before), [
    'just now',
    'just now',
    '59 s ago',
    '1 min ago',
    '59 min ago',
    '1 h ago',
    '23 h ago',
  ]);
  assert.equal(ago('never'), '–');
  assert.deepEqual(
    [1, 0, 2048].map((value) => count(value, 'neuron')),
    ['1 neuron', '0 neurons', '2,048 neurons'],
  );
});

describe('a y axis', () => {
  it('contains the values and stays within their domain', () => {
    for (const [min, max] of [
      [0, 0],
      [1, 1],
      [0, 1],
      [0.2, 0.9],
      [0.97, 0.999],
      [0.5, 0.5],
    ] as const) {
      const [low, high] = axisRange(min, max, { domain: [0, 1] });
      assert.ok(low >= 0 && high <= 1 && low < high && low <= min && high >= max, `${min} ${max}: ${low} ${high}`);
    }
    for (const [min, max] of [
      [0, 0],
      [0.1, 2.3],
      [0.001, 0.0011],
      [1e9, 1e9],
    ] as const) {
      const [low, high] = axisRange(min, max, { domain: [0, null] });
      assert.ok(low >= 0 && low < high && low <= min && high >= max, `${min} ${max}: ${low} ${high}`);
    }
    // Such as R squared, which is 1 at most and may be far below 0.
    const [low, high] = axisRange(-4, 0.99, { domain: [null, 1] });
    assert.ok(low < -4 && high === 1);
  });

  it('shows values outside their domain too', () => {
    assert.ok(axisRange(-0.5, 1.5, { domain: [0, 1] })[0] < -0.5);
  });

  it('keeps its fixed ends, with and without data', () => {
    assert.deepEqual(axisRange(0.3, 0.4, { fixed: [0, 1] }), [0, 1]);
    assert.deepEqual(axisRange(null, null, { fixed: [0, null], domain: [0, 32] }), [0, 32]);
    assert.deepEqual(axisRange(0, 32, { fixed: [0, null], domain: [0, 32] }), [0, 32]);
    assert.deepEqual(axisRange(null, null, {}), [0, 1]);
  });
});

it('a text is shortened between characters as people see them', () => {
  assert.equal(shorten('abc', 3), 'abc');
  assert.equal(shorten('ab👩‍👩‍👧', 6), 'ab');
  assert.equal(shorten('cafe\u0301s', 4), 'caf');
  assert.equal(shorten('cafe\u0301s', 5), 'cafe\u0301');
});
