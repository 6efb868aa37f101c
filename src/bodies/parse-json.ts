/** JSON that clients send, parsed at a cost that is bounded before it begins. */
import { parse } from 'secure-json-parse';
import { RelumineError } from '../errors.ts';
import { DEEPEST_BODY, LIMITS } from '../vocabulary/index.ts';

/** What a body answers that is too deep or has too much in it; one that is not JSON is an INVALID_REQUEST everywhere. */
export type UnreadableCode = 'INVALID_REQUEST' | 'INVALID_JOB';

/** Throws INVALID_REQUEST or `code`. */
export function parseJson(chunks: readonly Uint8Array[], code: UnreadableCode = 'INVALID_REQUEST'): unknown {
  const scan = new Scan(code);
  for (const chunk of chunks) scan.take(chunk);
  const text = Buffer.concat(chunks).toString();
  if (text === '')
    throw new RelumineError('INVALID_REQUEST', "Body cannot be empty when content-type is set to 'application/json'.");
  try {
    return parse(text, undefined, { protoAction: 'error', constructorAction: 'error' });
  } catch (cause) {
    throw new RelumineError(
      'INVALID_REQUEST',
      'The body is not valid JSON, or has a property "__proto__" or "constructor", which is refused.',
      { cause },
    );
  }
}

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Counts what makes JSON dear to parse and to walk through, in one pass over its bytes. Whether it is valid otherwise is
 * left to the parser.
 */
class Scan {
  #isInText = false;
  #isEscaped = false;
  #depth = 0;
  #containers = 0;
  /** By depth: the properties of the object that is open there. */
  readonly #keys = new Int32Array(DEEPEST_BODY + 1);
  readonly #code: UnreadableCode;

  constructor(code: UnreadableCode) {
    this.#code = code;
  }

  take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#isInText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#isInText = false;
      } else if (byte === QUOTE) this.#isInText = true;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) this.#open();
      else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.#depth = Math.max(0, this.#depth - 1);
      else if (byte === COLON) this.#addKey();
    }
  }

  #open(): void {
    this.#depth += 1;
    this.#containers += 1;
    if (this.#depth > DEEPEST_BODY)
      this.#refuse(`is nested more than ${DEEPEST_BODY} levels deep`, `at most ${DEEPEST_BODY} levels`);
    if (this.#containers > LIMITS.bodyContainers)
      this.#refuse(`has more than ${inWords(LIMITS.bodyContainers)} lists and objects`, 'fewer');
    this.#keys[this.#depth] = 0;
  }

  #addKey(): void {
    const count = (this.#keys[this.#depth] ?? 0) + 1;
    this.#keys[this.#depth] = count;
    if (count > LIMITS.bodyKeys)
      this.#refuse(`has an object with more than ${inWords(LIMITS.bodyKeys)} properties`, 'fewer');
  }

  #refuse(message: string, expected: string): never {
    throw new RelumineError(this.#code, `The body ${message}.`, { details: [{ path: '', message, expected }] });
  }
}

const inWords = (count: number): string => count.toLocaleString('en-US');
