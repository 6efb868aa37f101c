/** A digest of a history: 52 bits, as two of MurmurHash3's finalizers. */
export function mix(digest: number, text: string): number {
  let low = digest >>> 0;
  let high = Math.floor(digest / 2 ** 32);
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x85ebca6b);
    high = Math.imul(high ^ text.charCodeAt(i), 0xc2b2ae35);
    low ^= low >>> 13;
    high ^= (high >>> 16) ^ (low << 3);
  }
  return (high & 0xfffff) * 2 ** 32 + (low >>> 0);
}
