/** What has not reached the end of its range is not written as if it had. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { percent as onPages, rSquared as onPagesRSquared } from '../../src/dashboard/parts/format.ts';
import { figure, percent as inTerminals } from '../../src/cli/text.ts';
import { percent as inFindings } from '../../src/neurons/diagnosis/finding.ts';
import { inPercent } from '../../src/vocabulary/index.ts';

/** From 1e-9 to 0.5, both ends of each decade and the values just below them. */
const SMALL = [
  ...Array.from({ length: 2000 }, (_, i) => 10 ** (-9 + (8.6 * i) / 2000)),
  ...Array.from({ length: 9 }, (_, i) => [0.951, 0.9951, 0.99951, 1].map((near) => near * 10 ** (i - 9))).flat(),
];
const everywhere = (share: number): string[] =>
  [onPages(share), inTerminals(share), inFindings(share)].map((text) => text.replace('\u00A0', ' '));
const SHARES = SMALL.flatMap((value) => [value, 1 - value]).filter((value) => value < 1);

describe('a share in percent', () => {
  for (const digits of [0, 1, 2])
    it(`is 0 or 100 only if it is exactly that, with ${digits} digits`, () => {
      for (const share of SHARES) {
        const text = inPercent(share, digits);
        assert.doesNotMatch(text, /^0(\.0*)?$|^100(\.0*)?$/, `${share}: ${text}`);
        assert.ok(
          Math.abs(Number(text.replace(/[<>]/g, '')) - share * 100) <= Math.max(0.5 * 10 ** -digits, 1e-4) + 1e-9,
          `${share}: ${text}`,
        );
      }
      assert.deepEqual([inPercent(0, digits), inPercent(1, digits)], ['0', '100']);
    });

  it('is so wherever it is written', () => {
    assert.deepEqual(everywhere(511 / 512), ['99.8 %', '99.8 %', '99.8 %']);
    assert.deepEqual(everywhere(9999 / 10_000), ['99.99 %', '99.99 %', '99.99 %']);
    assert.deepEqual(everywhere(1), ['100 %', '100 %', '100 %']);
    assert.deepEqual(everywhere(0.504), ['50.4 %', '50.4 %', '50 %']);
  });
});

it('an R² is 1 only if it is exactly that', () => {
  for (const value of SHARES.filter((share) => share > 0.99))
    for (const text of [onPagesRSquared(value), figure('r2', value), figure('bestTestR2', value)])
      assert.ok(Number(text) < 1, `${value}: ${text}`);
  assert.deepEqual([onPagesRSquared(1), Number(figure('r2', 1)), figure('r2', undefined)], ['1', 1, '-']);
});
