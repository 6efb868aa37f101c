/** When a run was at which step, from the messages with its metrics. */
import type pg from 'pg';
import type { StepTimes } from '../../vocabulary/index.ts';

interface Report {
  step: number;
  at: number;
}

/** At most about `points` reports, evenly spaced over the log. Each is looked up, so it takes as long for any log. */
export async function reportTimes(pool: pg.Pool, runId: string, points: number): Promise<StepTimes> {
  const { rows } = await pool.query<Report>(
    `with ends as (
      select (select seq from run_messages where run_id = $1 and type = 'metrics' order by seq limit 1) as first,
        (select seq from run_messages where run_id = $1 and type = 'metrics' order by seq desc limit 1) as last)
    select report.seq, report.step, (extract(epoch from report.at) * 1000)::float8 as at from ends,
      generate_series(first, last, greatest(1, (last - first) / $2::int)) as place,
      lateral (select seq, step, at from run_messages where run_id = $1 and type = 'metrics' and seq >= place order by seq limit 1) as report
    union all select seq, step, (extract(epoch from at) * 1000)::float8 from ends join run_messages on run_id = $1 and seq = last
    order by 1`,
    [runId, points],
  );
  const times: StepTimes = { steps: [], at: [] };
  // Of a step that was reported again after a restart, the first time counts; later steps have later times.
  for (const { step, at } of rows) {
    if (step <= (times.steps.at(-1) ?? -1)) continue;
    times.steps.push(step);
    times.at.push(Math.max(times.at.at(-1) ?? -Infinity, Math.round(at)));
  }
  return times;
}
