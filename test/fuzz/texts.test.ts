/** Filters, orders, cursors and messages of clients: whatever they say, they are read soon or refused in words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RelumineError } from '../../src/errors.ts';
import { readCursor } from '../../src/store/postgres/cursor.ts';
import { readOrder, readPlace } from '../../src/store/runs/run-order.ts';
import { LONGEST_FILTER, mergePatch, parseFilter, readRunField } from '../../src/vocabulary/index.ts';
import { tries } from './damage.ts';

/** Words and signs of the grammar, and of what is not in it. */
const PIECES = [
  'summary.loss name spec.model.layers[0].units tags createdAt [" "] [ ] ( ) " \' = != < >= in contains and or not',
  ', . .. \\ 1 -1 1e400 0x1 2026-11-28 2001-02-31 +275760-09-13 null true \0 \ud800 ☃ __proto__ é',
].flatMap((line) => line.split(' '));
const pieces = fc.constantFrom(' ', '\n', ...PIECES);
const filterText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(' ')),
);

/** Long enough on a busy machine for what takes under a millisecond, and short for what grows without bound. */
const SOON_MS = 2000;
const soon = (read: () => void): void => {
  const startedAt = process.cpuUsage();
  read();
  const { user, system } = process.cpuUsage(startedAt);
  assert.ok((user + system) / 1000 < SOON_MS);
};

describe('a filter', () => {
  it('of any text is understood, or has a problem with a place within it', () => {
    fc.assert(
      fc.property(filterText, (text) => {
        const read = parseFilter(text);
        if (!('problem' in read)) return;
        const { offset, message, expected } = read.problem;
        assert.ok(offset >= 0 && offset <= text.length);
        assert.ok(message.length > 0 && expected.length > 0);
      }),
      tries(3000),
    );
  });

  it('as long as one may be takes no time, however it is nested or repeated', () => {
    for (const piece of [
      '(',
      'not ',
      'a.',
      '[',
      '"',
      '\\',
      'a and ',
      'a in (',
      '1',
      'a["b"]',
      '-',
      '2026-',
      'x contains ',
    ])
      for (const length of [LONGEST_FILTER, 1_000_000]) soon(() => parseFilter(piece.repeat(length).slice(0, length)));
  });

  it('names a field, or says that it does not', () => {
    fc.assert(
      fc.property(filterText, (text) => {
        readRunField(text);
      }),
      tries(1000),
    );
  });
});

/** INVALID_REQUEST, and nothing else. */
const refuses = (read: () => unknown): void => {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof RelumineError && error.code === 'INVALID_REQUEST', String(error));
  }
};

describe('an order and a cursor', () => {
  it('of any text are taken, or refused as INVALID_REQUEST', () => {
    const order = readOrder('-createdAt');
    const anyCursor = fc.oneof(
      filterText,
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
      fc
        .tuple(fc.constantFrom(order.text, 'createdAt'), fc.array(fc.jsonValue(), { maxLength: 3 }), fc.jsonValue())
        .map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url')),
    );
    fc.assert(
      fc.property(filterText, anyCursor, (text, cursor) => {
        refuses(() => readOrder(text));
        refuses(() => readPlace(cursor, order));
        refuses(() => readCursor('run', cursor));
      }),
      tries(3000),
    );
  });

  it('have times that the database can read', () => {
    const order = readOrder('-createdAt');
    const cursorAt = (time: string): string =>
      Buffer.from(JSON.stringify([order.text, [time], 'run_x'])).toString('base64url');
    readPlace(cursorAt('2026-11-28T12:00:00.000Z'), order);
    for (const time of ['2001-02-31T00:00:00.000Z', '2026-13-01T00:00:00.000Z', '0', '+275760-09-13T00:00:00.000Z'])
      assert.throws(() => readPlace(cursorAt(time), order), { code: 'INVALID_REQUEST' }, time);
  });
});

describe('a merge patch', () => {
  it('of any value changes nothing but what it names', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        mergePatch(target, patch);
        assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
      }),
      tries(500),
    );
    mergePatch(
      {},
      JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}') as never,
    );
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});
