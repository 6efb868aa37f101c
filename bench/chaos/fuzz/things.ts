/** Ids and cursors of what exists, from answers. The person and the key that ask are never among them. */
import type { Draw } from './draw.ts';

const KINDS = [
  'run',
  'dataset',
  'view',
  'project',
  'person',
  'session',
  'key',
  'invitation',
  'share',
  'comment',
] as const;
type Kind = (typeof KINDS)[number] | 'webhook' | 'delivery' | 'trials';

/** Of each kind the newest are kept. */
const MOST = 40;
const ID =
  /\b(run|dataset|view|project|person|session|key|invitation|share|comment|webhook|delivery|trials)_[0-9a-z]{26}\b/g;

/** Nouns of addresses. */
const KIND_OF: Readonly<Record<string, Kind>> = {
  runs: 'run',
  datasets: 'dataset',
  views: 'view',
  projects: 'project',
  people: 'person',
  sessions: 'session',
  keys: 'key',
  invitations: 'invitation',
  'share-links': 'share',
  webhooks: 'webhook',
};

export class Things {
  readonly #ids = new Map<string, string[]>();
  readonly #kept: ReadonlySet<string>;
  readonly cursors: string[] = [];

  /** `kept`: what must stay as it is. */
  constructor(kept: readonly string[]) {
    this.#kept = new Set(kept);
  }

  learn(text: string): void {
    for (const [id, kind = ''] of text.matchAll(ID)) {
      if (this.#kept.has(id)) continue;
      const ids = this.#ids.get(kind) ?? [];
      if (ids.includes(id)) continue;
      ids.push(id);
      if (ids.length > MOST) ids.shift();
      this.#ids.set(kind, ids);
    }
    const [, cursor] = /"nextCursor":"([^"]+)"/.exec(text) ?? [];
    if (cursor === undefined) return;
    this.cursors.push(cursor);
    if (this.cursors.length > MOST) this.cursors.shift();
  }

  forget(id: string): void {
    for (const ids of this.#ids.values()) {
      const at = ids.indexOf(id);
      if (at >= 0) ids.splice(at, 1);
    }
  }

  pick(draw: Draw, kind: string): string {
    const ids = this.#ids.get(kind) ?? [];
    if (ids.length > 0) return draw.pick(ids);
    return kind === 'project' ? 'default' : kind === 'dataset' ? 'xor' : `${kind}_${'0'.repeat(26)}`;
  }

  /** For a parameter of an address such as /v1/runs/{id}/comments/{comment}. */
  forParameter(draw: Draw, path: string, parameter: string): string {
    if (parameter === 'name') return draw.pick(['fuzz', 'dying-relu']);
    if (parameter !== 'id') return this.pick(draw, parameter);
    return this.pick(draw, KIND_OF[path.split('/')[2] ?? ''] ?? 'run');
  }
}
