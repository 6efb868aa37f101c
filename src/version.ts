/** The version of this release, as package.json says it. */
import { readFileSync } from 'node:fs';

export const VERSION = readVersion();

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
