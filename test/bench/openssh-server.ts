import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { CONSOLE, DOMAINS } from './bench-domains.js';
import { layOutQuietHost } from './quiet-host.js';
import type { ServerUnderLoad, Target } from './server-under-load.js';

/** The self-service menu of The Book of Xen, chapter 7, as it stands in bash, with `xl` for `xm`. */
const MENU = (xl: string): string => `#!/bin/bash
DOM=d001
while true; do
cat << MENU
$(${xl} list -v | grep "^$DOM ")
Options for $DOM
1. console
2. create/start
3. shutdown
4. destroy/hard shutdown
5. reboot
6. exit
MENU
printf "> "
read X || exit
case "$X" in
  1*) ${xl} console "$(( 10#\${X#1} ))" ;;
  6) exit ;;
  *) echo "not here" ;;
esac
done
`;

/** OpenSSH's sshd with the menu as its only command, on a port of its own, as the user who measures. */
export class OpensshServer implements ServerUnderLoad {
  readonly name = 'openssh';
  readonly target: Target;
  readonly #directory: string;
  readonly #sshd: ChildProcess;

  /** Use `start`. */
  constructor(directory: string, target: Target, sshd: ChildProcess) {
    this.#directory = directory;
    this.target = target;
    this.#sshd = sshd;
  }

  get roots(): readonly number[] {
    return [this.#sshd.pid ?? 0];
  }

  /** @returns why it cannot be measured here, with what to do; null when it can */
  static whyNot(program: string): string | null {
    if (!existsSync(program))
      return `${program} is not there. Install it: apt-get install openssh-server. Or name another with --sshd, or measure Postern alone with --alone.`;
    if (process.getuid?.() !== 0) return null;
    try {
      execFileSync('getent', ['passwd', 'sshd'], { stdio: 'ignore' });
      mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
      return null;
    } catch {
      return 'sshd as root needs the user sshd, which the package openssh-server makes.';
    }
  }

  static async start(
    key: { readonly private: string; readonly public: string },
    program: string,
  ): Promise<OpensshServer> {
    const directory = mkdtempSync(join(tmpdir(), 'postern-bench-'));
    const file = (path: string): string => join(directory, path);
    const { xl } = layOutQuietHost({ names: DOMAINS, directory, console: CONSOLE });
    writeFileSync(file('menu'), MENU(xl), { mode: 0o755 });
    writeFileSync(file('authorized_keys'), `${key.public}\n`, { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('host_key')]);
    const port = await freePort();
    writeFileSync(
      file('sshd_config'),
      `Port ${port}
ListenAddress 127.0.0.1
HostKey ${file('host_key')}
PidFile none
AuthorizedKeysFile ${file('authorized_keys')}
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
MaxStartups 10000
MaxSessions 10000
PrintMotd no
PrintLastLog no
ForceCommand ${file('menu')}
`,
    );
    const sshd = spawn(program, ['-D', '-e', '-f', file('sshd_config')], { stdio: 'ignore' });
    await eventually('sshd to listen', () => answers(port), { everyMs: 20 });
    const domain = Object.fromEntries(DOMAINS.map((name) => [name, `1${name.slice(1)}\r`]));
    const target: Target = {
      port,
      privateKey: key.private,
      logins: [userInfo().username],
      console: { by: 'menu', domain },
    };
    return new OpensshServer(directory, target, sshd);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#sshd.once('exit', resolve));
    this.#sshd.kill('SIGTERM');
    await ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
      });
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
