/** Archives of experiments whose rows say anything, with the right checksum: imported, or refused as INVALID_FILE. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { RelumineError } from '../../src/errors.ts';
import { decodeRows, encodeRow } from '../../src/exports/archive/rows.ts';
import { importArchive } from '../../src/exports/index.ts';
import type { ArchiveRow } from '../../src/store/store.ts';
import type { ImportAnswer } from '../../src/vocabulary/index.ts';
import { entriesOf, packed, resealed, type ArchiveEntry } from '../support/archives.ts';
import { ended, rehearsed, startService, type TestService } from '../support/service.ts';
import { damage, STRANGE_SIZES, tries } from './damage.ts';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;
const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    ...STRANGE_SIZES,
    '\0',
    '\ud800',
    'x'.repeat(10_000),
    '2001-02-31',
    nested(3000),
    '{}',
    '[]',
  ),
  fc.string({ unit: 'grapheme', minLength: 3000, maxLength: 6000 }),
);

describe('an archive', () => {
  let service: TestService;
  let entries: ArchiveEntry[];
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relumine-archives-'));
    service = await startService();
    const { client } = service;
    const { id } = await client.submit({ ...rehearsed({ chunks: 3 }), experiment: 'to go' });
    await ended(service, id);
    entries = await entriesOf(await buffer(await client.exportExperiment('to go', { data: true })));
  });
  after(async () => {
    await service.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function importFrom(archive: Uint8Array): Promise<ImportAnswer> {
    const path = join(folder, 'archive');
    await writeFile(path, archive);
    return importArchive(service.stations.store.archives, path, { project: 'default', createdBy: null, sight: null });
  }

  async function take(archive: Uint8Array): Promise<void> {
    try {
      const { runs } = await importFrom(archive);
      for (const { to } of runs) {
        await service.client.get(to);
        await service.stations.store.runs.delete(to);
      }
    } catch (error) {
      assert.ok(error instanceof RelumineError && error.code === 'INVALID_FILE', String((error as Error).stack));
    }
  }

  it('whose bytes are damaged is refused or whole', async () => {
    const whole = await packed(entries);
    await fc.assert(
      fc.asyncProperty(damage, (change) => take(change(whole))),
      tries(40),
    );
  });

  it('of a version that knows more figures is imported without these', async () => {
    const page = entries.find(({ name }) => name.startsWith('runs/') && name.includes('/runs/'))!;
    const [row] = [...decodeRows(page.data)];
    const more = { summary: { loss: 0.5, luck: 7 }, progress: { epoch: 1, epochs: 2, step: 3, steps: 6, hours: 8 } };
    const data = Buffer.concat([encodeRow({ ...row!, row: { ...row!.row, ...more } })]);
    const { runs } = await importFrom(
      await packed(resealed(entries.map((entry) => (entry === page ? { ...entry, data } : entry)))),
    );
    // The answer is compared with the OpenAPI document.
    const { summary, progress } = await service.client.get(runs[0]!.to);
    assert.deepEqual([summary, progress], [{ loss: 0.5 }, { epoch: 1, epochs: 2, step: 3, steps: 6 }]);
    await service.stations.store.runs.delete(runs[0]!.to);
  });

  it('of a run that is said to have more numbers than are there is refused, and such a run can be read', async () => {
    const page = entries.find(({ name }) => name.startsWith('runs/') && name.includes('/runs/'))!;
    const [row] = [...decodeRows(page.data)];
    for (const bytes of [0, 1, 2 ** 31 - 1]) {
      const data = Buffer.concat([encodeRow({ ...row!, row: { ...row!.row, bulk_bytes: bytes } })]);
      const archive = await packed(resealed(entries.map((entry) => (entry === page ? { ...entry, data } : entry))));
      await assert.rejects(importFrom(archive), { code: 'INVALID_FILE', message: /numbers .* are not whole/ });
    }
    const { runs } = await importFrom(await packed(entries));
    const id = runs[0]!.to;
    await service.stations.store.pool.query('update runs set bulk_bytes = 2147483647 where id = $1', [id]);
    for (let again = 0; again < 2; again++) assert.equal((await service.client.get(id)).id, id);
    await service.stations.store.runs.delete(id);
  });

  it('with a row that is nested without end is refused', async () => {
    const page = entries.find(({ name }) => name.startsWith('runs/') && name.includes('/runs/'))!;
    const [row] = [...decodeRows(page.data)];
    const json = Buffer.from(
      JSON.stringify({ table: row!.table, row: { ...row!.row, metadata: 0 }, bytes: {} }).replace(
        '"metadata":0',
        `"metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      ),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    const data = Buffer.concat([length, json]);
    const archive = await packed(resealed(entries.map((entry) => (entry === page ? { ...entry, data } : entry))));
    await assert.rejects(importFrom(archive), { code: 'INVALID_FILE' });
  });

  it('whose rows say anything is imported, or refused', async () => {
    const pages = entries.filter(({ name }) => !name.endsWith('.json'));
    const change = fc.record({ page: fc.nat(), row: fc.nat(), column: fc.nat(), value: strange });
    await fc.assert(
      fc.asyncProperty(change, async ({ page, row, column, value }) => {
        const chosen = pages[page % pages.length]!;
        const rows = [...decodeRows(chosen.data)];
        const at = row % rows.length;
        rows[at] = withChange(rows[at]!, column, value);
        const data = Buffer.concat(rows.map(encodeRow));
        await take(await packed(resealed(entries.map((entry) => (entry === chosen ? { ...entry, data } : entry)))));
      }),
      tries(60),
    );
  });
});

/** Another value in one of its columns, binary ones included. */
function withChange(row: ArchiveRow, column: number, value: unknown): ArchiveRow {
  const plain = Object.keys(row.row);
  const names = [...plain, ...Object.keys(row.bytes)];
  const name = names[column % names.length]!;
  if (plain.includes(name)) return { ...row, row: { ...row.row, [name]: value } };
  return { ...row, bytes: { ...row.bytes, [name]: Buffer.from(JSON.stringify(value) ?? '') } };
}
