/** Notes as people write them, in Markdown. In a file of its own: most pages have no notes, and need no parser. */
import { micromark } from 'micromark';
import { useMemo } from 'preact/hooks';

/**
 * HTML in the text is shown as it is typed, and links of unsafe protocols lead nowhere: both are micromark's defaults.
 * Pictures become links, because the page loads nothing from other hosts.
 */
export function Markdown({ text }: { text: string }) {
  const html = useMemo(() => micromark(text, { extensions: [{ disable: { null: ['labelStartImage'] } }] }), [text]);
  return (
    <div
      class="markdown"
      dir="auto"
      // A link in a note leads away from the page, which stays open.
      ref={(block: HTMLDivElement | null) => {
        for (const link of block?.querySelectorAll('a') ?? []) {
          link.target = '_blank';
          link.rel = 'noopener noreferrer nofollow';
        }
      }}
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
}
