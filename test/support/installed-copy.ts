import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeArchitecture } from '../../server/package/node-packages.js';
import { programTree } from '../../server/package/program-tree.js';
import { PROGRAM_PARTS } from '../../server/program-bundles.js';
import type { ProgramParts } from '../../server/program-bundles.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What a program of the next version does to a half of this one that loads it. */
const NEXT = `throw new Error('a file of the next version was loaded');\n`;

/** The program as a package installs it, but for Node.js, in a directory of its own. */
export class InstalledCopy {
  readonly directory = mkdtempSync(join(tmpdir(), 'postern-installed-'));
  readonly #files: readonly string[];

  constructor() {
    const parts = JSON.parse(readFileSync(PROGRAM_PARTS, 'utf8')) as ProgramParts;
    const tree = programTree(ROOT, Object.keys(parts), process.arch as NodeArchitecture);
    this.#files = [...tree.entries.keys()].filter((path) => !path.endsWith('/bin/node'));
    for (const path of this.#files) {
      const entry = tree.entries.get(path);
      const file = join(this.directory, path);
      mkdirSync(dirname(file), { recursive: true });
      if (entry?.kind === 'copy') linkOrCopy(entry.from, file);
      else if (entry?.kind === 'text') writeFileSync(file, entry.content);
    }
  }

  /** What starts a half. */
  get script(): string {
    return join(this.directory, 'dist/server/postern.js');
  }

  /** Puts other files in the place of all: programs that end whoever loads them, and nothing else. */
  replace(): void {
    rmSync(this.directory, { recursive: true });
    for (const path of this.#files.filter((file) => /\.[cm]?js$/.test(file))) {
      const file = join(this.directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, NEXT);
    }
  }

  /** Removes all files, as a package that is taken away does. */
  remove(): void {
    if (existsSync(this.directory)) rmSync(this.directory, { recursive: true });
  }
}

/** A file that is removed later takes nothing from the one that it was linked from. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
