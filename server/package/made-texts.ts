import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf } from './program-tree.js';
import type { MadeTexts } from './debian-tree.js';

/**
 * The texts that the built program makes of itself: manual pages, and completion for each shell.
 *
 * @param work a directory that is not there yet, for the pages
 */
export function makeTexts(root: string, work: string): Omit<MadeTexts, 'changelog' | 'copyright'> {
  mkdirSync(work);
  postern(root, 'man', work);
  const completion = (shell: string): string => postern(root, 'completion', shell);
  return {
    manual: new Map(filesOf(work, '.').map((page) => [page, readFileSync(join(work, page), 'utf8')])),
    completion: { bash: completion('bash'), zsh: completion('zsh'), fish: completion('fish') },
  };
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
