import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { IMAGE_SOURCE, POSTERN_SCRIPT, RESCUE_SOURCE, labCache } from './paths.js';
import { xenRelease, type XenRelease } from './release.js';

/** Debian packages that the test machine needs. */
const HOST_PACKAGES = [
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
  /** The program that emulates a machine. */
  readonly qemu: string;
}

type Say = (sentence: string) => void;

/** Shared by all images, and unpacked once. */
let qemu: Promise<string> | undefined;

/**
 * Finds the image that these sources make, and QEMU, or builds them. Building takes root, Debian 12 and one or two
 * minutes. Images of several releases can be built at the same time.
 *
 * @param say gets a sentence before anything that takes long or changes the machine
 * @throws Error when a package cannot be installed or the builder fails, with its last words
 */
export async function labImage(say: Say, release: XenRelease = xenRelease()): Promise<LabImage> {
  ensurePackages(say);
  qemu ??= labQemu(say);
  const [program, directory] = await Promise.all([qemu, built(say, release)]);
  return { directory, release, qemu: program };
}

/** @returns the image's directory */
function built(say: Say, release: XenRelease): Promise<string> {
  const directory = join(labCache(), `${release.suite}-${imageHash(release)}`);
  return madeOnce(directory, async (making) => {
    say(
      `building the image from packages of Debian ${release.suite} (${packages(release).join(', ')}) in ${directory}`,
    );
    const words = [join(IMAGE_SOURCE, 'build.sh'), making, process.execPath, release.suite, release.xen];
    const rescue = join(making, 'rescue');
    if (release.rescueImage) {
      // As an admin builds it, but small.
      const options = ['--small', '--suite', release.suite, '--output', rescue];
      await makes('the rescue image', process.execPath, [
        POSTERN_SCRIPT,
        'rescue-image',
        'build',
        ...options,
      ]);
      words.push(rescue);
    }
    await makes('the image', 'sh', words);
    rmSync(rescue, { recursive: true, force: true });
  });
}

/** @returns the program */
async function labQemu(say: Say): Promise<string> {
  const script = join(IMAGE_SOURCE, 'qemu.sh');
  const hash = createHash('sha256').update(readFileSync(script)).digest('hex').slice(0, 16);
  const directory = join(labCache(), `qemu-${hash}`);
  await madeOnce(directory, async (making) => {
    say(`unpacking Debian 13's QEMU in ${directory}`);
    await makes('QEMU', 'sh', [script, making]);
  });
  return join(directory, 'qemu-system-x86_64');
}

/** Makes a directory's content, unless it is there: all of it or nothing. @returns the directory */
async function madeOnce(directory: string, make: (making: string) => Promise<void>): Promise<string> {
  if (existsSync(directory)) return directory;
  if (process.getuid?.() !== 0) throw new Error('building the image of the Xen lab needs root');
  const making = `${directory}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true, mode: 0o700 });
  await make(making);
  renameSync(making, directory);
  return directory;
}

/** @throws Error with the program's last words when it fails */
async function makes(what: string, program: string, words: readonly string[]): Promise<void> {
  const builder = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [builder.stdout, builder.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    builder.once('error', reject).once('close', resolve);
  });
  if (status !== 0) throw new Error(`${what} was not built:\n${lastLines(said)}`);
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

function ensurePackages(say: Say): void {
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
