/** The audit log as a table: one row per entry. */
import type { AuditEntry } from '../vocabulary/index.ts';
import type { Batch, Cell, CellType, ExportTable } from './table.ts';

const COLUMNS: Record<string, [CellType, (entry: AuditEntry) => Cell]> = {
  id: ['text', ({ id }) => id],
  at: ['time', ({ at }) => at],
  'person.id': ['text', ({ person }) => person?.id ?? null],
  'person.name': ['text', ({ person }) => person?.name ?? null],
  via: ['text', ({ via }) => via],
  keyId: ['text', ({ keyId }) => keyId],
  address: ['text', ({ address }) => address],
  action: ['text', ({ action }) => action],
  project: ['text', ({ project }) => project],
  objectType: ['text', ({ objectType }) => objectType],
  objectId: ['text', ({ objectId }) => objectId],
  before: ['json', ({ before }) => before],
  after: ['json', ({ after }) => after],
};

export const auditTable = (pages: AsyncIterable<AuditEntry[]>): ExportTable => ({
  columns: Object.entries(COLUMNS).map(([name, [type]]) => ({ name, type })),
  batches: rowsOf(pages),
});

async function* rowsOf(pages: AsyncIterable<AuditEntry[]>): AsyncGenerator<Batch> {
  for await (const page of pages) yield Object.values(COLUMNS).map(([, read]) => page.map(read));
}
