/** Passwords are hashed with argon2id: 19 MiB of memory, two passes, as OWASP recommends. */
import { hash, verify } from '@node-rs/argon2';
import { RelumineError } from '../errors.ts';
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from '../vocabulary/index.ts';
import { newToken } from './tokens.ts';

/** argon2id is the default algorithm. Memory is in KiB. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };
/** Hashes at once. More would take the threads in which files are read. */
const MOST_AT_ONCE = 2;
/** About 2 s of waiting. */
const MOST_WAITING = 60;

let running = 0;
const waiting: (() => void)[] = [];

export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(normal(password), PARAMETERS));

/**
 * Whether the password is right. Without a hash the answer is no, after the same time: nobody learns from it which names
 * exist.
 */
export async function checkPassword(passwordHash: string | null, password: string): Promise<boolean> {
  // Made for the first check, whoever it is for.
  const nobodys = await nobodysHash();
  const isRight = await inTurn(() => verify(passwordHash ?? nobodys, normal(password)));
  return isRight && passwordHash !== null;
}

/** The end of a sentence that starts with the password; null if it can be used. */
export function problemOf(password: string): string | null {
  if (password.length < SHORTEST_PASSWORD) return `must have at least ${SHORTEST_PASSWORD} characters`;
  if (password.length > LONGEST_PASSWORD) return `must have at most ${LONGEST_PASSWORD} characters`;
  return null;
}

/** The same characters can be typed in several ways. */
const normal = (password: string): string => password.normalize('NFKC');

let made: Promise<string> | null = null;
const nobodysHash = (): Promise<string> => (made ??= hash(newToken(), PARAMETERS));

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running === MOST_AT_ONCE) {
    if (waiting.length === MOST_WAITING)
      throw new RelumineError('RATE_LIMITED', 'Too many people sign in at the same time. Try again in a moment.');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
