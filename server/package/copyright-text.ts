import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodePackages } from './node-packages.js';
import type { NodeArchitecture } from './node-packages.js';

/** Our license, and those of all that is in the package, as each author wrote it. */
export function copyrightText(root: string, node: NodeArchitecture, native: string): string {
  const read = (path: string, at = root): string => readFileSync(join(at, path), 'utf8').trim();
  const packages = Object.keys(nodePackages(node));
  return `${[
    read('config/debian/copyright').replace('LICENSE', () => read('LICENSE')),
    ...packages.map((name) => `${name}\n\n${read(`node_modules/${name}/LICENSE`, native)}`),
    read('dist/server/licenses.txt'),
  ].join(`\n\n${'-'.repeat(72)}\n\n`)}\n`;
}
