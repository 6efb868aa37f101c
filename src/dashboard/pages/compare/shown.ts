/** The runs of a comparison: each with its live data, its name and how it is drawn. */
import { useEffect, useState } from 'preact/hooks';
import type { Run } from '../../../vocabulary/index.ts';
import { stylesOf } from '../../charts/run-style.ts';
import { title } from '../../data/actions.ts';
import { RunFeed } from '../../data/run-feed.ts';
import { palette } from '../../theme.ts';

export interface Shown {
  feed: RunFeed;
  run: Run;
  /** Different from the names of the others. */
  name: string;
  colour: string;
  dash: readonly number[] | undefined;
}

/** Feeds in the order of the ids. Those of runs that stay are kept when runs are added or taken away. */
export function useFeeds(ids: readonly string[]): RunFeed[] {
  const [open] = useState(() => new Map<string, RunFeed>());
  const [, setVersion] = useState(0);
  useEffect(() => {
    for (const [id, feed] of open) {
      if (ids.includes(id)) continue;
      feed.close();
      open.delete(id);
    }
    for (const id of ids) if (!open.has(id)) open.set(id, new RunFeed(id, { isBrief: true }));
    setVersion((version) => version + 1);
  }, [ids.join()]);
  useEffect(
    () => () => {
      for (const feed of open.values()) feed.close();
    },
    [],
  );
  return ids.flatMap((id) => open.get(id) ?? []);
}

const ID_LETTERS = 5;

export function showRuns(feeds: readonly RunFeed[]): Shown[] {
  const { curves } = palette.value;
  const loaded = feeds.flatMap((feed) => (feed.run.value ? [{ feed, run: feed.run.value }] : []));
  const titles = loaded.map(({ run }) => title(run));
  const styles = stylesOf(loaded.map(({ run }) => run.id));
  return loaded.map(({ feed, run }, i) => {
    const name = titles[i]!;
    const isUnique = titles.filter((other) => other === name).length === 1;
    const { colour, dash } = styles[i]!;
    return {
      feed,
      run,
      name: isUnique ? name : `${name} · ${run.id.slice(-ID_LETTERS)}`,
      colour: curves[colour]!,
      dash,
    };
  });
}
