import '../cli/installation/fit-node.js';
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../cli/command/version.js';
import { makePackages } from './packaging.js';

// `npm run package [-- DIRECTORY]`: makes the packages in dist/package, or in the directory.
const root = resolve(fileURLToPath(new URL('../../../', import.meta.url)));
const into = resolve(process.argv[2] ?? join(root, 'dist/package'));
try {
  for (const file of await makePackages({ root, into, version: VERSION, seconds: timeOfFiles() }))
    process.stdout.write(`${file}  ${(statSync(file).size / 1024 ** 2).toFixed(1)} MiB\n`);
} catch (error) {
  process.stderr.write(`package: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

/** SOURCE_DATE_EPOCH, or else the time of the commit: the same source then makes the same bytes. */
function timeOfFiles(): number {
  const given = process.env['SOURCE_DATE_EPOCH'] ?? timeOfCommit();
  if (/^\d{1,10}$/.test(given)) return Number(given);
  throw new Error('this is no git checkout: set SOURCE_DATE_EPOCH to the seconds since 1970 of the release');
}

/** Empty without git, or outside a checkout. */
function timeOfCommit(): string {
  const { status, stdout } = spawnSync('git', ['-C', root, 'log', '-1', '--format=%ct'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : '';
}
