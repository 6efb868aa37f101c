import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventMessage } from '../../src/client/client.ts';
import { addEvents } from '../../src/dashboard/data/event-list.ts';
import { Frames } from '../../src/dashboard/data/frames.ts';
import { stateAt } from '../../src/dashboard/data/life.ts';
import { Series, SERIES_CAPACITY } from '../../src/dashboard/data/series.ts';
import { arrange, cellOf, neuronAt } from '../../src/dashboard/field/layout.ts';
import { emberAt } from '../../src/dashboard/field/scale.ts';
import { mergePatch } from '../../src/vocabulary/index.ts';
import { type NeuronHealth, type Snapshot } from '../../src/vocabulary/index.ts';

test('a curve of a million points stays within its memory and keeps its highest and lowest', () => {
  const series = new Series();
  for (let step = 0; step < 1_000_000; step += 1)
    series.push(step, step === 123_456 ? 50 : step === 654_321 ? -50 : Math.sin(step));
  assert.ok(series.length <= SERIES_CAPACITY && series.length > SERIES_CAPACITY / 4);
  assert.equal(Math.max(...series.values), 50);
  assert.equal(Math.min(...series.values), -50);
  assert.ok(series.steps.every((step, i) => i === 0 || step > series.steps[i - 1]!));
});

test('a point repeated by a reconnect is not drawn twice, and one without a value is not drawn', () => {
  const series = new Series();
  for (const [step, value] of [
    [1, 5],
    [2, null],
    [3, 6],
    [3, 7],
    [2, 8],
  ] as const)
    series.push(step, value);
  assert.deepEqual([...series.steps], [1, 3]);
  assert.deepEqual([series.at(0), series.at(2), series.at(9)], [null, 5, 6]);
  assert.equal(series.last, 6);
  series.push(4, null);
  assert.equal(series.last, null, 'the newest value is not known');
});

test('a mean over a window is drawn at its middle, a value of one step at that step', () => {
  const loss = new Series(),
    rate = new Series();
  loss.append({ steps: [4, 8, 10], values: [1, 2, 3], every: 4 });
  rate.append({ steps: [4, 8, 10], values: [0.3, 0.2, 0.1] });
  assert.deepEqual([...loss.steps], [2.5, 6.5, 9.5]);
  assert.deepEqual([...rate.steps], [4, 8, 10]);
});

test('snapshots beyond the memory limit are thinned evenly, and the newest stays', () => {
  const units = 100_000,
    frames = new Frames();
  for (let step = 0; step <= 400; step += 1) frames.add(snapshot(step, units));
  assert.ok(frames.length * units * 4 <= 24 * 1024 * 1024);
  assert.equal(frames.latest!.header.step, 400);
  assert.equal(frames.at(0)!.header.step, 0);
  assert.ok(Math.abs(frames.at(200)!.header.step - 200) <= 200);
});

const eventAt = (seq: number) => ({ seq }) as EventMessage;
const seqsOf = ({ events, fresh }: { events: EventMessage[]; fresh: EventMessage[] }) => [
  events.map(({ seq }) => seq),
  fresh.map(({ seq }) => seq),
];

test('the past finds its place before events that arrived live, and no event is listed twice', () => {
  assert.deepEqual(seqsOf(addEvents([], [eventAt(7), eventAt(9)], 10)), [
    [7, 9],
    [7, 9],
  ]);
  assert.deepEqual(seqsOf(addEvents([eventAt(7), eventAt(9)], [eventAt(2), eventAt(5), eventAt(7), eventAt(8)], 10)), [
    [2, 5, 7, 8, 9],
    [2, 5, 8],
  ]);
  assert.deepEqual(seqsOf(addEvents([eventAt(7), eventAt(9)], [eventAt(9), eventAt(11)], 2)), [[9, 11], [11]]);
  assert.deepEqual(seqsOf(addEvents([eventAt(7)], [eventAt(7)], 2)), [[7], []]);
});

test('late snapshots find their place, and a neuron is traced through them', () => {
  const frames = new Frames();
  for (const step of [30, 10, 20, 20]) frames.add(snapshot(step, 3));
  assert.deepEqual(frames.trace(0, 2).steps, [10, 20, 30]);
  assert.deepEqual(frames.trace(0, 2).fired, [12, 22, 32]);
  assert.equal(frames.at(25)!.header.step, 20);
  assert.equal(frames.at(5)!.header.step, 10);
});

test('a neuron is shown as it was: alive before its death, out after it, alive again after a revival', () => {
  const neuron = {
    state: 'dead',
    history: [
      { type: 'died', step: 10 },
      { type: 'revived', step: 20 },
      { type: 'died', step: 30 },
    ],
  } as NeuronHealth;
  assert.deepEqual(
    [5, 10, 15, 25, 35, 50].map((step) => stateAt(neuron, 40, step)),
    ['active', 'dead', 'dead', 'active', 'dead', 'dead'],
  );
  const revived = {
    state: 'active',
    history: [
      { type: 'bornDead', step: 0 },
      { type: 'revived', step: 20 },
    ],
  } as NeuronHealth;
  assert.deepEqual(
    [0, 25].map((step) => stateAt(revived, 40, step)),
    ['silent', 'active'],
  );
});

test('a merge patch follows RFC 7396', () => {
  assert.deepEqual(mergePatch({ a: 'b', c: { d: 'e', f: 'g' } }, { a: 'z', c: { f: null } }), {
    a: 'z',
    c: { d: 'e' },
  });
  assert.deepEqual(mergePatch({ a: [{ b: 'c' }] }, { a: [1] }), { a: [1] });
  assert.deepEqual(mergePatch({}, { a: { bb: { ccc: null } } }), { a: { bb: {} } });
});

for (const [name, units] of Object.entries({
  'one neuron': [1],
  'deep and narrow': Array.from({ length: 200 }, () => 2),
  wide: [1024, 1024, 1024, 1024],
  'very wide': [16_384],
  mixed: [784, 3, 200],
})) {
  for (const width of [320, 1200]) {
    test(`the field of a ${name} network fits ${width} pixels and finds every neuron again`, () => {
      const layout = arrange(
        units.map((count, i) => ({ name: `dense_${i + 1}`, units: count })),
        width,
        460,
      );
      units.forEach((count, layer) => {
        for (const index of [0, Math.floor(count / 2), count - 1]) {
          const { x, y } = cellOf(layout, layer, index)!;
          assert.ok(
            x >= 0 && x + layout.cell <= width && y >= 0 && y + layout.cell <= layout.height,
            `${layer} ${index}`,
          );
          assert.deepEqual(neuronAt(layout, x + layout.cell / 2, y + layout.cell / 2), { layer, index });
        }
      });
    });
  }
}

test('the colour scale rises in brightness from end to end', () => {
  const brightness = Array.from({ length: 256 }, (_, i) => {
    const [red, green, blue] = emberAt(i / 255);
    return 0.2126 * red ** 2.2 + 0.7152 * green ** 2.2 + 0.0722 * blue ** 2.2;
  });
  assert.ok(brightness.every((value, i) => i === 0 || value >= brightness[i - 1]! - 30));
  assert.ok(brightness[255]! > brightness[0]! * 20);
});

/** One layer, one field; neuron i fired on step + i. */
function snapshot(step: number, units: number): Snapshot {
  return {
    header: {
      seq: step,
      step,
      epoch: 0,
      samples: 1,
      layers: [{ name: 'dense_1', units, activation: 'relu' }],
      fields: ['fired'],
    },
    data: Float32Array.from({ length: units }, (_, i) => step + i),
  };
}
