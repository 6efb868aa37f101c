/**
 * Notes which runs have ended, in the statement or transaction that ends them, so that no end is missed whatever happens
 * afterwards. Only where somebody is to be told: runs of projects with webhooks, without the runs of trials.
 */
import { FINAL } from '../runs/run-statuses.ts';

/** `from`: a relation with columns of `runs`, as they are at the end. */
export const keepEndings = (from: string): string => `insert into run_endings (run_id, project_id, at)
  select id, project_id, last_at from ${from} as ended where status in ${FINAL} and trials_id is null
    and exists (select from webhooks where webhooks.project_id = ended.project_id and disabled_at is null) on conflict do nothing`;
