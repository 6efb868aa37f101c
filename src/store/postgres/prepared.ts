/**
 * Statements that are sent again and again. A connection lets the server read and plan each of them once, which takes longer
 * than to run one about a single run.
 */
import { createHash } from 'node:crypto';

export interface Prepared {
  readonly name: string;
  readonly text: string;
}

const known = new Map<string, Prepared>();

/** A statement of a fixed text: each one stays with every connection. Its name follows from its text. */
export function prepared(text: string): Prepared {
  let statement = known.get(text);
  if (!statement) {
    statement = { name: `relumine_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`, text };
    known.set(text, statement);
  }
  return statement;
}
