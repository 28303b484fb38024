import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HalfProcess } from '../../server/cli/demo/half-process.js';
import type { GateStatus } from '../../server/gate/control/control-answers.js';
import { ControlClient } from '../../server/gate/control/control-client.js';
import { stopSimulator } from '../../server/simulator/install.js';
import { eventually } from './eventually.js';
import { run } from './house.js';
import type { Ended } from './house.js';
import { OldDom0 } from './old-dom0.js';
import { POSTERN } from './postern-command.js';
import { TemporaryDirectory } from './temporary-directory.js';

/** Brings ssh's bytes to a port of this machine, whatever name and port it was told: those count for known_hosts. */
const PROXY = `const s = require('net').connect(Number(process.argv[1]), '127.0.0.1');
process.stdin.pipe(s); s.pipe(process.stdout); s.on('error', () => process.exit(1));`;

/** Where the halves of an installation below a directory find their files: everything of it that is absolute. */
const BELOW = /(?<=[\s"[])\/(?=(?:etc|usr|srv|run|var|bin)\/)/g;

/**
 * A Xen host below a directory, on which the commands of docs/day-one.md are run as they stand. `postern setup` and `postern import` get a
 * `--root`; systemd and the network between are stood in for. The halves are run by what the installed units say.
 */
export class DayOne {
  readonly host: OldDom0;
  readonly #directory = new TemporaryDirectory();
  readonly #bin: string;
  readonly #halves = new Map<string, HalfProcess>();

  constructor() {
    this.#bin = this.#directory.file('bin');
    this.host = new OldDom0(this.#directory.file('r'), this.#directory.file('keys'));
    mkdirSync(this.#bin);
    this.#standIns();
  }

  get root(): string {
    return this.host.root;
  }

  /** Runs one command of the page; `systemctl enable --now` starts the halves that it names. */
  async run(command: string): Promise<Ended> {
    const ended = await run('/bin/sh', ['-c', `PATH=${this.#bin}:$PATH; ${command}`], '');
    const [, units] = /^systemctl enable --now (.*)$/.exec(command) ?? [];
    for (const unit of units?.split(' ') ?? []) await this.#start(unit);
    return ended;
  }

  /** What customers' ssh knows of the host. */
  knows(line: string): void {
    writeFileSync(this.#directory.file('known_hosts'), `${line}\n`);
  }

  async stop(): Promise<void> {
    for (const half of this.#halves.values()) half.kill('SIGKILL');
    await Promise.all([...this.#halves.values()].map(({ exited }) => exited));
    await stopSimulator(this.root);
    this.#directory.dispose();
  }

  async #start(unit: string): Promise<void> {
    const text = readFileSync(join(this.root, 'etc/systemd/system', `${unit}.service`), 'utf8');
    const [, half = '', settings = ''] =
      /^ExecStart=\/opt\/postern\/server\/postern (\w+) --settings (\S+)$/m.exec(text) ?? [];
    const process = new HalfProcess(
      half,
      POSTERN,
      [half, '--settings', this.#moved(settings)],
      this.#directory.file(`${half}.log`),
    );
    this.#halves.set(half, process);
    const address = await process.ready();
    if (half !== 'gate') return;
    this.#sshConfig(Number(/:(\d+)/.exec(address)?.[1]));
    const gate = new ControlClient(join(this.root, 'run/postern-gate/control.sock'), 'test');
    await eventually('the gate to hear of its host', async () => {
      const { hosts } = (await gate.ask('GET', '/status')) as GateStatus;
      return hosts.every(({ reachable }) => reachable);
    });
  }

  /** Settings with every path below the directory; what is default in them is said. @returns the file */
  #moved(settings: string): string {
    const root = `${this.root}/`;
    const defaults = settings.includes('gate')
      ? `state: /var/lib/postern\nhostKey: /var/lib/postern/ssh_host_ed25519_key\ncontrolSocket: /run/postern-gate/control.sock\npolicy: /etc/postern/policy.d\n`
      : `state: /var/lib/postern-dom0\nsocket: /run/postern/dom0.sock\nobserve: {intervalSeconds: 1}\n`;
    const text = readFileSync(join(this.root, settings), 'utf8') + defaults;
    for (const name of ['run/postern', 'run/postern-gate'])
      mkdirSync(join(this.root, name), { recursive: true, mode: 0o700 });
    const moved = text
      .replace(BELOW, root)
      .replace('socketGroup: postern\n', '')
      .replace(/^listen: .*$/m, 'listen: ["127.0.0.1:0"]');
    const file = this.#directory.file(settings.replaceAll('/', '-'));
    writeFileSync(file, moved, { mode: 0o600 });
    return file;
  }

  #standIns(): void {
    const node = `'${process.execPath}' '${POSTERN}'`;
    const settings = (half: string): string => `'${this.#directory.file(`-etc-postern-${half}.yaml`)}'`;
    this.#script(
      'postern',
      `case "$1" in
setup) exec ${node} "$@" --root '${this.root}' ;;
import) exec ${node} "$@" --root '${this.root}' --settings ${settings('gate')} ;;
doctor) exec ${node} "$@" --settings ${settings('gate')} --dom0-settings ${settings('dom0')} ;;
*) exec ${node} "$@" --settings ${settings('gate')} ;;
esac`,
    );
    this.#script(
      'systemctl',
      `test "$1 $2" = 'enable --now' || { echo "systemctl: $* is not stood in for" >&2; exit 1; }
shift 2
for unit; do
  test -f '${this.root}/etc/systemd/system/'"$unit.service" || { echo "Unit $unit.service does not exist" >&2; exit 1; }
done`,
    );
    this.#script('ssh', `PATH="\${PATH#*:}"; exec ssh -F '${this.#directory.file('ssh_config')}' "$@"`);
  }

  #script(name: string, text: string): void {
    const file = join(this.#bin, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }

  /** The customers' own: a key each, and no say over what an unknown host key means. */
  #sshConfig(port: number): void {
    const proxy = this.#directory.write('proxy.cjs', PROXY.replace('process.argv[1]', String(port)));
    writeFileSync(
      this.#directory.file('ssh_config'),
      `Host *
    IdentityFile "${this.#directory.file('keys')}/%r"
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile "${this.#directory.file('known_hosts')}"
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
    ProxyCommand "${process.execPath}" "${proxy}"
`,
      { mode: 0o600 },
    );
  }
}

/** The commands of the fenced `sh` blocks of a page of docs/, one a line. */
export function commandsOf(page: string): readonly string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
}
