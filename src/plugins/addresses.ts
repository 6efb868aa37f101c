/** Addresses that no router can read get an error from the hooks and handlers that every other request passes too. */
import type { FastifyInstance } from 'fastify';
import { RelumineError } from '../errors.ts';

/** What stands for such an address: no route has it. */
const UNREADABLE = '/.unreadable';
const LONGEST_NAME = 200;

/** For Fastify: its router would answer by itself, without any hook. */
export const readableAddress = ({ url = '/' }: { url?: string | undefined }): string =>
  isReadable(url.replace(/[?#].*$/s, '')) ? url : UNREADABLE;

/** Once requests have passed the guard. */
export function refuseUnreadableAddresses(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ url, originalUrl, params }) => {
    if (url === UNREADABLE && originalUrl !== url)
      throw new RelumineError(
        'INVALID_REQUEST',
        'The address has a % that is not followed by the code of a character.',
      );
    const names = Object.values(params as Readonly<Record<string, string>>);
    if (names.some((name) => name.length > LONGEST_NAME))
      throw new RelumineError('INVALID_REQUEST', `A part of the address is longer than ${LONGEST_NAME} characters.`);
  });
}

function isReadable(path: string): boolean {
  try {
    decodeURI(path);
    return true;
  } catch {
    return false;
  }
}
