import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FileTree } from './file-tree.js';
import { addNodePackages } from './node-packages.js';
import type { NodeArchitecture } from './node-packages.js';

/** Files and directories that are taken as they are, from the work tree and from its build. */
const WHOLE = [
  'package.json',
  'config/systemd',
  'policy/examples',
  'policy/policy.schema.json',
  'server/rescue-image',
  'dist/.schemas',
];

/** What the build compiles from C: modules of Node.js, and the program of the simulated host's tools. */
export const MACHINE_CODE = /\.(?:node|bin)$/;

/**
 * The program as it runs: the launcher, one file for each program, what these read, npm packages, and Node.js. All
 * paths are as in the work tree, so a program finds its files as it does there.
 *
 * @param root the work tree, with node_modules and a build
 * @param programs the programs of the build, by their paths below dist/
 * @param native where the machine code and the npm packages are, when they are for another processor than the build
 */
export function programTree(
  root: string,
  programs: readonly string[],
  architecture: NodeArchitecture,
  native = root,
): FileTree {
  const tree = new FileTree();
  const add = (path: string, at = root): void => {
    const from = join(at, path);
    // Nothing else of the mode comes from the work tree: its umask may be any.
    tree.copy(path, from, (statSync(from).mode & 0o100) === 0 ? 0o644 : 0o755);
  };
  add('server/postern');
  for (const path of WHOLE) for (const file of filesOf(root, path)) add(file);
  // Machine code of ours.
  for (const file of filesOf(native, 'dist/server')) if (MACHINE_CODE.test(file)) add(file, native);
  for (const program of programs) add(join('dist', program));
  addNodePackages(tree, native, architecture);
  return tree;
}

/** The file itself, or all files below a directory, sorted. */
export function filesOf(root: string, path: string): readonly string[] {
  try {
    return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\/+/, ''))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [path];
    throw error;
  }
}
