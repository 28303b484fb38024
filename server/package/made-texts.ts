import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesOf } from './program-tree.js';
import type { MadeTexts } from './debian-tree.js';

/** The texts that the built program makes of itself: manual pages, and completion for each shell. */
export function makeTexts(root: string): Omit<MadeTexts, 'changelog'> {
  const directory = mkdtempSync(join(tmpdir(), 'postern-man-'));
  try {
    postern(root, 'man', directory);
    const pages = filesOf(directory, '.');
    const completion = (shell: string): string => postern(root, 'completion', shell);
    return {
      manual: new Map(pages.map((page) => [page, readFileSync(join(directory, page), 'utf8')])),
      completion: { bash: completion('bash'), zsh: completion('zsh'), fish: completion('fish') },
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function postern(root: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist/server/postern.js'), ...args],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`postern ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}
