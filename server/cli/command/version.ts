import { readFileSync } from 'node:fs';

/** Postern's version, from package.json beside dist/. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;
