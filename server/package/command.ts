import '../cli/installation/fit-node.js';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../cli/command/version.js';
import { ARCHITECTURES } from './node-packages.js';
import type { NodeArchitecture } from './node-packages.js';
import { makePackages } from './packaging.js';

// `npm run package [-- [--arch arm64] [DIRECTORY]]`: makes the packages in dist/package, or in the directory.
const root = resolve(fileURLToPath(new URL('../../../', import.meta.url)));
try {
  const { values, positionals } = parseArgs({
    options: { arch: { type: 'string', default: process.arch } },
    allowPositionals: true,
  });
  const into = resolve(positionals[0] ?? join(root, 'dist/package'));
  const node = processorOf(values.arch);
  for (const file of await makePackages({ root, into, version: VERSION, seconds: timeOfFiles(), node }))
    process.stdout.write(`${file}  ${(statSync(file).size / 1024 ** 2).toFixed(1)} MiB\n`);
} catch (error) {
  process.stderr.write(`package: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

/** By the name of Node.js, or of Debian. */
function processorOf(name: string): NodeArchitecture {
  const all = Object.entries(ARCHITECTURES) as [NodeArchitecture, string][];
  const [found] = all.find((names) => names.includes(name)) ?? [];
  if (found === undefined)
    throw new Error(
      `there are no packages for ${name}: say --arch ${Object.values(ARCHITECTURES).join(' or ')}`,
    );
  return found;
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
