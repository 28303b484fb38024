import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './house.js';
import type { Ended } from './house.js';
import { HOLD, holdNamespace, letGo } from './namespace.js';

/** The program's directory on this machine. */
const PROGRAM = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');
/** PATH of a root login on Debian. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The machine's own directories. The rest of / is this machine's, with its programs. */
const OWN = ['etc', 'home', 'root', 'run', 'srv', 'usr/local', 'var'];

/**
 * Makes a / on a file system in memory. `$1` is its place, `$2` holds the machine's own directories, `$3`
 * names the programs that it needs. `$4` is `network` when it has its own network. Pairs of a directory and
 * its place on the machine follow.
 */
const MOUNT = `
set -e
PATH="$PATH:/usr/sbin:/sbin"
root=$1 own=$2 needs=$3 network=$4
shift 4
for program in $needs; do
  command -v "$program" >/dev/null || { echo "there is no $program" >&2; exit 1; }
done
mount -t tmpfs -o mode=0755 none "$root"
for entry in /*; do
  case $entry in
  /etc | /home | /opt | /root | /run | /srv | /var | /tmp | /lost+found) ;;
  *)
    if [ -L "$entry" ]; then
      cp -P "$entry" "$root/"
    elif [ -d "$entry" ]; then
      mkdir "$root$entry"
      mount --rbind "$entry" "$root$entry"
    fi
    ;;
  esac
done
mkdir -m 1777 "$root/tmp"
for directory in ${OWN.join(' ')}; do
  mkdir -p "$root/$directory"
  mount --bind "$own/$directory" "$root/$directory"
done
while [ $# -gt 0 ]; do
  mkdir -p "$root$2"
  mount --rbind "$1" "$root$2"
  shift 2
done
if [ "$network" = network ]; then ip link set lo up; fi
exec chroot "$root" sh -c '${HOLD.replaceAll('\n', '; ')}'
`;

export interface OwnMachineOptions {
  /**
   * How many accounts have different numbers. With one, the account `postern` and the user who runs the test
   * have root's number. With many, the test needs root or a range in subuid(5).
   */
  readonly numbers?: 'one' | 'many';
  /** Whether it has its own network, in which every port is free. */
  readonly hasNetwork?: boolean;
  /** Directories of this machine, with their places on the new one. */
  readonly places?: readonly (readonly [directory: string, place: string])[];
  /** Programs that it cannot do without. */
  readonly needs?: readonly string[];
}

/**
 * A machine of a test's own, on which commands run unchanged with the paths that they name: /etc, /home,
 * /root, /run, /srv, /usr/local and /var are directories of the test. Postern is in /opt/postern. The user
 * who runs the test is root there.
 */
export class OwnMachine {
  /** The beginning of a command line that runs a program on the machine. */
  readonly into: readonly string[];
  readonly #holder: ChildProcess;
  readonly #directory: string;

  /** Use `start`. */
  constructor(directory: string, holder: ChildProcess, spaces: readonly string[]) {
    this.#directory = directory;
    this.#holder = holder;
    this.into = ['nsenter', '-t', String(holder.pid), ...spaces, '-r', '-w', '--'];
  }

  /**
   * @param directory holds the machine's directories while it runs; missing ones are made
   * @returns a sentence when this machine does not let its users make such a machine
   */
  static async start(
    directory: string,
    { numbers = 'one', hasNetwork = false, places = [], needs = [] }: OwnMachineOptions = {},
  ): Promise<OwnMachine | string> {
    const open = changeableByOthers();
    if (open !== null)
      return `others than this user can change ${open}, and Postern must be its root's alone`;
    for (const name of OWN) mkdirSync(join(directory, name), { recursive: true });
    for (const name of ['usr/local/bin', 'usr/local/sbin']) mkdirSync(join(directory, name));
    symlinkSync('/opt/postern/server/postern', join(directory, 'usr/local/sbin/postern'));
    const there = [tmpdir(), PROGRAM, realpathSync(join(PROGRAM, 'node_modules')), dirname(process.execPath)];
    const pairs = [[PROGRAM, '/opt/postern'], ...there.map((path) => [path, path]), ...places];
    const root = `${directory}.root`;
    mkdirSync(root);
    const isOfUser = numbers === 'one' || process.geteuid?.() !== 0;
    const user = isOfUser ? ['-r', ...(numbers === 'many' ? ['--map-auto'] : [])] : [];
    const spaces = hasNetwork ? ['-m', '-n'] : ['-m'];
    const holder = await holdNamespace([...user, ...spaces], MOUNT, [
      root,
      directory,
      [...needs, ...(hasNetwork ? ['ip'] : [])].join(' '),
      hasNetwork ? 'network' : '',
      ...pairs.flat(),
    ]);
    if (typeof holder === 'string') return `this user cannot have a machine of their own here: ${holder}`;
    return new OwnMachine(directory, holder, isOfUser ? ['-U', '--preserve-credentials', ...spaces] : spaces);
  }

  /** Runs a shell command line unchanged, as in a root login. */
  async run(command: string): Promise<Ended> {
    const [program = '', ...args] = this.into;
    return run(program, [...args, 'env', `PATH=${PATH}`, 'HOME=/root', 'sh', '-c', command], '');
  }

  /** The path of a file in the machine's own directories, as a test finds it. */
  path(path: string): string {
    return join(this.#directory, path);
  }

  /** Installs a program that hides this machine's program of the same name. @param text of a shell script */
  program(name: string, text: string): void {
    const file = this.path(`usr/local/bin/${name}`);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }

  /**
   * Removes the directories, which may belong to accounts that only this machine has. The machine goes with
   * its last program.
   */
  async stop(): Promise<void> {
    await this.run(`rm -rf --one-file-system '${this.#directory}'`);
    await letGo(this.#holder);
  }
}

/**
 * A part of the program that `doctor` would warn of, because its owner is not the machine's root or a group
 * can write to it; null when there is none.
 */
function changeableByOthers(): string | null {
  const parts = [PROGRAM];
  for (let at = process.execPath; at.startsWith(`${PROGRAM}/`); at = dirname(at)) parts.push(at);
  const isOpen = (path: string): boolean => {
    const { uid, mode } = statSync(path);
    return uid !== process.geteuid?.() || (mode & 0o022) !== 0;
  };
  return parts.find(isOpen) ?? null;
}
