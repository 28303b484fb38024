import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FileTree } from './file-tree.js';

/** The processors for which packages are made, by the names of Debian and of Node.js. */
export const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' } as const;
export type NodeArchitecture = keyof typeof ARCHITECTURES;

interface Parts {
  /** Files, and directories of which the JavaScript and JSON files are taken. */
  readonly code: readonly string[];
  /** Machine code and other files, each by its name. */
  readonly files?: readonly string[];
}

/**
 * What runs of the npm packages that stay outside the programs' own files: the native ones, ssh2 and blessed, with
 * what these load. Sources, tests and builds for other systems stay out.
 */
export function nodePackages(architecture: NodeArchitecture): Readonly<Record<string, Parts>> {
  return {
    'better-sqlite3': { code: ['lib'], files: [`prebuilds/linux-${architecture}.node`] },
    'node-pty': { code: ['lib'], files: ['build/Release/pty.node'] },
    ssh2: { code: ['lib'], files: ['lib/protocol/crypto/build/Release/sshcrypto.node'] },
    asn1: { code: ['lib'] },
    'safer-buffer': { code: ['safer.js', 'dangerous.js'] },
    'bcrypt-pbkdf': { code: ['index.js'] },
    tweetnacl: { code: ['nacl-fast.js'] },
    blessed: { code: ['index.js', 'lib', 'vendor'], files: ['usr/xterm', 'usr/xterm-256color', 'usr/linux'] },
    // For the checks of settings and policy that the build made.
    ajv: { code: ['dist/runtime/equal.js', 'dist/runtime/ucs2length.js'] },
    'fast-deep-equal': { code: ['index.js'] },
    [`node-linux-${architecture}`]: { code: [], files: ['bin/node'] },
  };
}

/**
 * Packages that the ones above name, and do without: they are for builds only, or only faster for what ssh2 never
 * does here.
 */
export const LEFT_OUT: readonly string[] = ['node-addon-api', 'cpu-features', 'nan'];

const IS_CODE = /\.(?:c?js|json)$/;
const NOT_RUN = /(?:^|\/)(?:build|deps|src)\/|\.test\.js$/;

/** Adds the packages below node_modules/. @throws Error that names a file that is not there */
export function addNodePackages(tree: FileTree, root: string, architecture: NodeArchitecture): void {
  for (const [name, { code, files = [] }] of Object.entries(nodePackages(architecture))) {
    const directory = join('node_modules', name);
    const wanted = [
      ...code.flatMap((path) => codeFiles(root, join(directory, path))),
      ...['package.json', ...files].map((file) => join(directory, file)),
    ];
    for (const path of wanted) {
      const from = join(root, path);
      if (lstatSync(from, { throwIfNoEntry: false })?.isFile() !== true)
        throw new Error(`${path} is not there: run npm ci`);
      tree.copy(path, from, path.endsWith('/bin/node') ? 0o755 : 0o644);
    }
  }
}

function codeFiles(root: string, path: string): readonly string[] {
  if (IS_CODE.test(path)) return [path];
  return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => IS_CODE.test(name) && !NOT_RUN.test(name))
    .sort()
    .map((name) => join(path, name));
}
