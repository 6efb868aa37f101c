/** Text of at most `most` UTF-16 units, cut between characters as people see them: no half emoji, no lost accent. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  let end = 0;
  for (const { index, segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    if (index + segment.length > most) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** A name inside a sentence: it keeps its own writing direction (Unicode isolates). */
export const quoted = (name: string): string => `“\u2068${name}\u2069”`;
