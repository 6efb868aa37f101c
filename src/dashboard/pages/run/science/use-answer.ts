import { useEffect, useRef, useState } from 'preact/hooks';
import { AGAIN_MS, mayPass } from '../../../data/again.ts';
import { delay } from '../../../data/service.ts';

export interface Answer<T> {
  /** The newest answer about the subject; null until there is one. */
  value: T | null;
  /** Why the last request failed; null if it did not. */
  fault: unknown;
}

/**
 * What `load` returns about a subject, asked again with every version. The last answer stays while the next one is
 * fetched, but never under another subject. There is one question at a time: where answers take longer than versions last,
 * each is shown, and then the newest version is asked for. What the service could not answer is asked again.
 */
export function useAnswer<T>(subject: string, version: number, load: () => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { subject: string }>({ subject, value: null, fault: null });
  const newest = useRef({ version, load });
  newest.current = { version, load };
  const asking = useRef<{ subject: string } | null>(null);

  useEffect(() => {
    if (asking.current?.subject === subject) return;
    const question = (asking.current = { subject });
    const isWanted = () => asking.current === question;
    void (async () => {
      let asked: number | null;
      do {
        asked = newest.current.version;
        try {
          const value = await newest.current.load();
          if (isWanted()) setAnswer({ subject, value, fault: null });
        } catch (fault) {
          if (!isWanted()) return;
          setAnswer((last) => ({ subject, value: last.subject === subject ? last.value : null, fault }));
          if (mayPass(fault)) {
            asked = null;
            await delay(AGAIN_MS);
          }
        }
      } while (isWanted() && newest.current.version !== asked);
      if (isWanted()) asking.current = null;
    })();
  }, [subject, version]);
  useEffect(
    () => () => {
      asking.current = null;
    },
    [],
  );
  return answer.subject === subject ? answer : { value: null, fault: null };
}
