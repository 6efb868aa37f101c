/** Statuses as SQL lists: `status in ${FINAL}`. */
import { FINAL_STATUSES, isFinal, RUN_STATUSES, type RunStatus } from '../../vocabulary/index.ts';

const listOf = (statuses: readonly RunStatus[]): string => `(${statuses.map((status) => `'${status}'`).join(', ')})`;

export const FINAL = listOf(FINAL_STATUSES);
export const UNFINISHED = listOf(RUN_STATUSES.filter((status) => !isFinal(status)));
