/** A run with all numbers that came with its job, as JSON that is written piece by piece. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate as otherWork } from 'node:timers/promises';
import { writeLists } from '../blobs/write-json.ts';
import { notFound } from '../errors.ts';
import type { BlobStore } from '../store/store.ts';
import type { Run } from '../vocabulary/index.ts';

/** Text that is sent at once. Between two pieces other requests get their turn. */
const PIECE_CHARACTERS = 64 * 1024;

/** Submitting its spec repeats the run exactly, on any service. Throws RUN_NOT_FOUND if it was deleted meanwhile. */
export async function wholeRun(run: Run, blobs: Pick<BlobStore, 'find' | 'parts'>): Promise<Readable> {
  const { dataset, model } = run.spec;
  const members = new Map<string, string>();
  /** A member of an object that stands for the lists of a blob. */
  const listsOf = (hash: string): Record<string, 0> => {
    const name = randomUUID();
    members.set(`"${name}":0`, hash);
    return { [name]: 0 };
  };
  const spec: Record<string, unknown> = { ...run.spec };
  if (dataset.inline) {
    const {
      inline: _inline,
      hash,
      task,
      samples: _samples,
      features: _features,
      outputs: _outputs,
      ...split
    } = dataset;
    spec['dataset'] = { task, ...listsOf(hash), ...split };
  }
  const weights = model.initialWeights;
  if (weights && 'hash' in weights) {
    const { hash, values: _values, ...slopes } = weights;
    spec['model'] = { ...model, initialWeights: { ...listsOf(hash), ...slopes } };
  }
  const found = await blobs.find([...members.values()]);
  if (found.size < new Set(members.values()).size) throw notFound('RUN_NOT_FOUND', run.id);
  return Readable.from(inPieces(write()), { objectMode: false });

  async function* write(): AsyncGenerator<string> {
    let text = JSON.stringify({ ...run, spec });
    for (const [member, hash] of members) {
      const at = text.indexOf(member);
      yield text.slice(0, at);
      yield* writeLists(found.get(hash)!.content, blobs.parts(hash));
      text = text.slice(at + member.length);
    }
    yield text;
  }
}

async function* inPieces(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const text of texts) {
    piece += text;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
    await otherWork();
  }
  yield piece;
}
