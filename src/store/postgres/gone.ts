/** What a change refers to may be deleted between the look at it and the change. */
import { notFound, type RelumineError } from '../../errors.ts';
import { FOREIGN_KEY_VIOLATION, sqlState } from './sql-state.ts';

/** By the column that refers to it. */
const CODES = {
  project_id: 'PROJECT_NOT_FOUND',
  run_id: 'RUN_NOT_FOUND',
  parent_id: 'RUN_NOT_FOUND',
  dataset_id: 'DATASET_NOT_FOUND',
  data_hash: 'DATASET_NOT_FOUND',
  weights_hash: 'DATASET_NOT_FOUND',
  webhook_id: 'WEBHOOK_NOT_FOUND',
  person_id: 'PERSON_NOT_FOUND',
  author_id: 'PERSON_NOT_FOUND',
  created_by: 'PERSON_NOT_FOUND',
} as const;

/** Of an error of the database: what it misses; null if it is about something else. */
export function goneBehind(error: unknown): RelumineError | null {
  if (sqlState(error) !== FOREIGN_KEY_VIOLATION) return null;
  // The words around it are in the language of the server: Key (project_id)=(project_...) is not present in table "projects".
  const [, column = '', value = ''] = /\((\w+)\)=\((.*?)\)/s.exec((error as { detail?: string }).detail ?? '') ?? [];
  return column in CODES ? notFound(CODES[column as keyof typeof CODES], value) : null;
}
