import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The newest symbols that Debian 12 has: glibc 2.36, and libstdc++ of GCC 12. */
const NEWEST: Readonly<Record<string, string>> = { GLIBC: '2.36', GLIBCXX: '3.4.30', CXXABI: '1.3.13' };

/** Symbols that a file needs and Debian 12 lacks: `GLIBC_2.38`. Empty when the file loads there. */
export function tooNew(code: Buffer): readonly string[] {
  const text = code.toString('latin1');
  const needed = new Set(
    [...text.matchAll(/\0(GLIBC|GLIBCXX|CXXABI)_(\d+(?:\.\d+)+)(?=\0)/g)].map(([all]) => all),
  );
  return [...needed]
    .map((name) => name.slice(1))
    .filter((name) => {
      const [family = '', version = ''] = name.split('_');
      return isNewer(version, NEWEST[family] ?? '');
    })
    .sort();
}

function isNewer(version: string, limit: string): boolean {
  const [one, other] = [version, limit].map((text) => text.split('.').map(Number));
  for (let at = 0; at < Math.max(one?.length ?? 0, other?.length ?? 0); at += 1) {
    const difference = (one?.[at] ?? 0) - (other?.[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Places of sources, as assertions have them, that would be others in another build. Empty when there are none. */
export function buildPlaces(code: Buffer): readonly string[] {
  const found = code.toString('latin1').matchAll(/\0(\/[\w./-]+\.(?:h|c|cc|cpp))(?=\0)/g);
  return [...new Set([...found].map(([, place = '']) => place))].sort();
}

/**
 * Takes out of a file what only a debugger reads, and the mark of one build: two builds in two directories then have
 * the same bytes.
 *
 * @param strip the program that does it: strip(1) of binutils for the file's processor
 * @throws Error when it cannot, or when Debian 12 could not load the file
 */
export function prepareMachineCode(path: string, strip = 'strip'): void {
  const words = [
    '--strip-unneeded',
    '--remove-section=.note.gnu.build-id',
    '--remove-section=.comment',
    path,
  ];
  const { status, stderr, error } = spawnSync(strip, words, { encoding: 'utf8' });
  if (error !== undefined)
    throw new Error(`${strip} cannot be run (${error.message}): apt-get install binutils`);
  if (status !== 0) throw new Error(`${strip} ${path}: ${stderr.trim()}`);
  const code = readFileSync(path);
  const lacking = tooNew(code);
  if (lacking.length > 0)
    throw new Error(
      `${path} needs ${lacking.join(', ')}, which Debian 12 lacks: build the package on Debian 12`,
    );
  // The others came from npm as they are.
  const places = /\/build\/Release\/|\/dist\//.test(path) ? buildPlaces(code) : [];
  if (places.length > 0)
    throw new Error(
      `${path} has ${places.join(', ')} in it, which differs from build to build: run npm ci again`,
    );
}
