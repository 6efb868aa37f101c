/** To what a thing belongs, and who made it. */
import { DEFAULT_PROJECT } from '../../vocabulary/index.ts';
import type { Origin } from '../store.ts';

export const NO_ORIGIN: Origin = { project: DEFAULT_PROJECT, createdBy: null };

/** Who made the thing, for any table with such a column. */
export const CREATED_BY = `(select json_build_object('id', people.id, 'name', people.name) from people where people.id = created_by) as "createdBy"`;
