/**
 * Text in terminal columns. A grapheme takes two columns if East Asian width or an emoji makes it wide, none if it is
 * only a mark, and otherwise one (Unicode Standard Annex 11; emoji presentation: Technical Standard 51).
 */
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Scripts with wide letters, fullwidth forms, and the punctuation of these scripts. */
const WIDE =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Bopomofo}\p{sc=Yi}\u3000-\u303E\u30FC\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6]/u;
const HALFWIDTH = /^[\uFF61-\uFFDC\uFFE8-\uFFEE]/;
/** An emoji by itself, or a pictograph that the variation selector U+FE0F makes one; a keycap too. */
const EMOJI = /^\p{Emoji_Presentation}|^\p{Emoji}\uFE0F/u;
const MARK = /^[\p{M}\p{Cf}\p{Cc}]+$/u;

const graphemes = (text: string): string[] => Array.from(SEGMENTER.segment(text), ({ segment }) => segment);

export const widthOf = (text: string): number => graphemes(text).reduce((sum, each) => sum + widthOfOne(each), 0);

function widthOfOne(grapheme: string): number {
  if (MARK.test(grapheme)) return 0;
  return (WIDE.test(grapheme) && !HALFWIDTH.test(grapheme)) || EMOJI.test(grapheme) ? 2 : 1;
}

/** The beginning that fits into `width` columns; no grapheme is cut. */
export function fit(text: string, width: number): string {
  // Most text is plain and short enough, so nothing has to be measured.
  if (text.length * 2 <= width) return text;
  let used = 0,
    shown = '';
  for (const each of graphemes(text)) {
    used += widthOfOne(each);
    if (used > width) break;
    shown += each;
  }
  return shown;
}

export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
