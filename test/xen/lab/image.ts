import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { IMAGE_SOURCE, POSTERN_SCRIPT, RESCUE_SOURCE, labCache } from './paths.js';
import { xenRelease, type XenRelease } from './release.js';

/** Debian packages that the test machine needs. */
const HOST_PACKAGES = [
  'qemu-system-x86',
  'qemu-utils',
  'mmdebstrap',
  'squashfs-tools',
  'e2fsprogs',
  'lz4',
  'zstd',
  'xz-utils',
  'openssh-client',
] as const;

/** A built image: Xen, dom0's kernel, and its root file system, which is never written to. */
export interface LabImage {
  readonly directory: string;
  readonly release: XenRelease;
}

/**
 * Finds the image that these sources make, or builds it. Building takes root, Debian 12 and one or two
 * minutes.
 *
 * @param say gets a sentence before anything that takes long or changes the machine
 * @throws Error when a package cannot be installed or the builder fails, with its last words
 */
export function labImage(say: (sentence: string) => void, release: XenRelease = xenRelease()): LabImage {
  ensurePackages(say);
  const directory = join(labCache(), `${release.suite}-${imageHash(release)}`);
  if (existsSync(join(directory, 'root.img'))) return { directory, release };
  if (process.getuid?.() !== 0) throw new Error('building the image of the Xen lab needs root');
  const making = `${directory}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true, mode: 0o700 });
  say(
    `building the image from packages of Debian ${release.suite} (${packages(release).join(', ')}) in ${directory}`,
  );
  const words = [join(IMAGE_SOURCE, 'build.sh'), making, process.execPath, release.suite, release.xen];
  const rescue = join(making, 'rescue');
  if (release.rescueImage) {
    buildRescueImage(release, rescue);
    words.push(rescue);
  }
  const built = spawnSync('sh', words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (built.status !== 0)
    throw new Error(`the image was not built:\n${lastLines(built.stdout + built.stderr)}`);
  rmSync(rescue, { recursive: true, force: true });
  renameSync(making, directory);
  return { directory, release };
}

/** As an admin builds it, but small. */
function buildRescueImage({ suite }: XenRelease, output: string): void {
  const words = [POSTERN_SCRIPT, 'rescue-image', 'build', '--small', '--suite', suite, '--output', output];
  const built = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (built.status !== 0)
    throw new Error(`the rescue image was not built:\n${lastLines(built.stdout + built.stderr)}`);
}

/** The packages of dom0. */
function packages({ xen }: XenRelease): string[] {
  return readFileSync(join(IMAGE_SOURCE, 'packages'), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').replace('XEN', xen).trim())
    .filter((line) => line !== '');
}

/**
 * A hash of the builder's sources, the packages' versions as apt knows them, and the node binary for dom0. The
 * machine's apt knows the versions of its own release only.
 */
function imageHash(release: XenRelease): string {
  const hash = createHash('sha256');
  for (const source of [IMAGE_SOURCE, ...(release.rescueImage ? [RESCUE_SOURCE] : [])]) {
    for (const file of filesBelow(source))
      hash.update(`${relative(source, file)}\0`).update(readFileSync(file));
  }
  hash.update(readFileSync(process.execPath));
  if (readFileSync('/etc/os-release', 'utf8').includes(`VERSION_CODENAME=${release.suite}\n`)) {
    const names = packages(release);
    hash.update(execFileSync('apt-cache', ['show', '--no-all-versions', ...names], { maxBuffer: 1 << 26 }));
  }
  return hash.digest('hex').slice(0, 16);
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function ensurePackages(say: (sentence: string) => void): void {
  const missing = HOST_PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length === 0 && knowsPackages()) return;
  if (process.getuid?.() !== 0) {
    throw new Error(
      `the Xen lab needs root to install packages; or run: apt-get install ${missing.join(' ')}`,
    );
  }
  apt(['update']);
  if (missing.length === 0) return;
  say(`installing ${missing.join(', ')}`);
  apt(['install', '-y', '--no-install-recommends', ...missing]);
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}

/** Whether this machine has ever fetched apt's lists. */
function knowsPackages(): boolean {
  return spawnSync('apt-cache', ['show', ...HOST_PACKAGES]).status === 0;
}

function apt(args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync('apt-get', [...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${lastLines(stdout + stderr)}`);
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-12).join('\n');
}
