/** Random secrets, and the hashes by which the store finds them again. */
import { createHash, randomBytes } from 'node:crypto';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SHORT_LENGTH = 8;
/** 62^43 is more than 2^256. */
const LONG_LENGTH = 43;
/** The first part is the same in every key, so that scanners for secrets recognise one. */
const KEY = /^rlm_([0-9A-Za-z]{8})_([0-9A-Za-z]{43})$/;

/** SHA-256, which is right for random secrets; passwords have a slow hash. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** 256 random bits, as they are in cookies and links. */
export const newToken = (): string => randomBytes(32).toString('base64url');

export interface KeyParts {
  short: string;
  long: string;
}

export function newKey(): KeyParts & { key: string } {
  const [short, long] = [randomLetters(SHORT_LENGTH), randomLetters(LONG_LENGTH)];
  return { short, long, key: `rlm_${short}_${long}` };
}

export function parseKey(key: string): KeyParts | null {
  const [, short, long] = KEY.exec(key) ?? [];
  return short === undefined || long === undefined ? null : { short, long };
}

/** A password that a person can copy: 20 letters, 119 bits. */
export const newPassword = (): string => randomLetters(20);

function randomLetters(length: number): string {
  let text = '';
  // Bytes from 248 on are left out: with them, some letters would be more frequent than others.
  while (text.length < length)
    for (const byte of randomBytes(length)) if (byte < 248 && text.length < length) text += LETTERS[byte % 62];
  return text;
}
