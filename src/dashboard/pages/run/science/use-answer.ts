import { useEffect, useState } from 'preact/hooks';

export interface Answer<T> {
  /** The newest answer about the subject; null until there is one. */
  value: T | null;
  /** Why the last request failed; null if it did not. */
  fault: unknown;
}

/**
 * What `load` returns about a subject, asked again with every version. The last answer stays while the next one is
 * fetched, but never under another subject.
 */
export function useAnswer<T>(subject: string, version: number, load: () => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { subject: string }>({ subject, value: null, fault: null });
  useEffect(() => {
    let isWanted = true;
    load().then(
      (value) => {
        if (isWanted) setAnswer({ subject, value, fault: null });
      },
      (fault: unknown) => {
        if (isWanted) setAnswer((last) => ({ subject, value: last.subject === subject ? last.value : null, fault }));
      },
    );
    return () => {
      isWanted = false;
    };
  }, [subject, version]);
  return answer.subject === subject ? answer : { value: null, fault: null };
}
