/** What can become of bytes: cut off, flipped, repeated, and lengths that lie. FUZZ_SEED repeats a failed run. */
import fc from 'fast-check';

const SEED = process.env['FUZZ_SEED'];
const FACTOR = Number(process.env['FUZZ_FACTOR'] ?? 1);

/** How often a property is tried. FUZZ_FACTOR: so many times as often. */
export const tries = (count: number): { numRuns: number; seed?: number; endOnFailure: boolean } => ({
  numRuns: Math.round(count * FACTOR),
  // Making a failure smaller takes minutes where each try reads a file.
  endOnFailure: true,
  ...(SEED === undefined ? {} : { seed: Number(SEED) }),
});

/** Sizes at which counters of 32 bits, of 53 bits and signed ones end. */
export const STRANGE_SIZES = [0, 1, 255, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53 - 1, 2 ** 53, -1] as const;

type Change = (bytes: Buffer) => Buffer;

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (bytes: Buffer, share: number): number => Math.floor(share * bytes.length);

const flip = fc.tuple(place, fc.nat({ max: 7 })).map(([share, bit]): Change => (bytes) => {
  const changed = Buffer.from(bytes);
  if (changed.length > 0) changed[at(changed, share)]! ^= 1 << bit;
  return changed;
});
const cut = place.map(
  (share): Change =>
    (bytes) =>
      bytes.subarray(0, at(bytes, share)),
);
const lose = fc.tuple(place, fc.nat({ max: 64 })).map(([share, count]): Change => (bytes) => {
  const from = at(bytes, share);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + count)]);
});
const repeat = fc.tuple(place, fc.nat({ max: 64 })).map(([share, count]): Change => (bytes) => {
  const from = at(bytes, share);
  return Buffer.concat([bytes.subarray(0, from + count), bytes.subarray(from)]);
});
/** Most lengths are in the first bytes. */
const lie = fc
  .tuple(
    fc.oneof(place, fc.double({ min: 0, max: 0.1, noNaN: true })),
    fc.constantFrom(...STRANGE_SIZES),
    fc.constantFrom(2, 4, 8),
    fc.boolean(),
  )
  .map(([share, size, width, isLittle]): Change => (bytes) => {
    const changed = Buffer.from(bytes);
    const from = at(changed, share);
    if (from + width > changed.length) return changed;
    const value = BigInt.asUintN(8 * width, BigInt(size));
    for (let i = 0; i < width; i++)
      changed[from + (isLittle ? i : width - 1 - i)] = Number((value >> BigInt(8 * i)) & 0xffn);
    return changed;
  });

/** One to four changes, one after another. */
export const damage: fc.Arbitrary<Change> = fc
  .array(fc.oneof(flip, cut, lose, repeat, lie), { minLength: 1, maxLength: 4 })
  .map((changes) => (bytes) => changes.reduce((changed, change) => change(changed), bytes));
