import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './house.js';
import type { Ended, House } from './house.js';
import { POSTERN } from './postern-command.js';
import { TemporaryDirectory } from './temporary-directory.js';

/**
 * The machines of an admin of a house with two Xen hosts, on which the commands of docs/day-two/ are run as they stand. systemd, the journal and the
 * network to the hosts are stood in for, and absolute paths mean those of the house.
 */
export class DayTwo {
  readonly #house: House;
  readonly #directory = new TemporaryDirectory();
  readonly #bin: string;

  constructor(house: House) {
    this.#house = house;
    this.#bin = this.#directory.file('bin');
    for (const name of ['bin', 'root', 'backups']) mkdirSync(this.#directory.file(name));
    this.#standIns();
  }

  /** A file or directory of the admin's, as `/root/NAME`. */
  root(name: string): string {
    return this.#directory.file(join('root', name));
  }

  /** Runs one command of a page; `systemctl` stops and starts the house's halves. */
  async run(command: string): Promise<Ended> {
    const [, verb, half] = /^systemctl (stop|start|restart) postern-(gate|dom0)$/.exec(command) ?? [];
    if (verb !== undefined) {
      if (verb !== 'start') await (half === 'gate' ? this.#house.endGate() : this.#house.endDom0());
      if (verb !== 'stop') await (half === 'gate' ? this.#house.startGate() : this.#house.startDom0());
      return { status: 0, stdout: '', stderr: '' };
    }
    return run('/bin/sh', ['-c', `PATH='${this.#bin}':"$PATH"; ${this.#moved(command)}`], '');
  }

  dispose(): void {
    this.#directory.dispose();
  }

  /** The command with the paths of this house; those of the Xen hosts are their own affair. */
  #moved(command: string): string {
    const { layout } = this.#house;
    return command
      .replaceAll('/var/lib/postern-dom0', layout.dom0State)
      .replaceAll(/\/var\/lib\/postern(?!-)/g, layout.gateState)
      .replaceAll('/var/backups', this.#directory.file('backups'))
      .replaceAll('/root/', `${this.#directory.file('root')}/`);
  }

  #standIns(): void {
    const { layout, second, xl } = this.#house;
    const node = `'${process.execPath}' '${POSTERN}'`;
    const settings = `--settings '${layout.gateSettings}'`;
    this.#script(
      'postern',
      `case "$1 $2" in
'doctor ') exec ${node} "$@" ${settings} --dom0-settings '${layout.dom0Settings}' ;;
*) exec ${node} "$@" ${settings} ;;
esac`,
    );
    const onHost = (tools: string, xen: string): string =>
      `PATH='${tools}':"$PATH"; exec sh -c "$(printf %s "$*" | sed "s#/etc/xen#${xen}/etc/xen#g")"`;
    this.#script(
      'ssh',
      `who="$1"; shift
case "$who" in
root@xen1) ${onHost(dirname(xl), layout.xen)} ;;
root@xen2) ${onHost(dirname(second?.xen.xl ?? xl), second?.host.xen ?? '')} ;;
esac
PATH="\${PATH#*:}"; exec ssh -F '${layout.sshConfig}' "\${who%@console.example.net}" "$@"`,
    );
    this.#script(
      'journalctl',
      `logs=''
while [ $# -gt 0 ]; do
  case "$1 $2" in
  '-u postern-gate') logs="$logs ${this.#house.log('gate')}" ;;
  '-u postern-dom0') logs="$logs ${this.#house.log('dom0')}" ;;
  '-p warning' | '-o cat') ;;
  *) echo "journalctl: $1 $2 is not stood in for" >&2; exit 1 ;;
  esac
  shift 2
done
exec cat $logs`,
    );
    this.#script(
      'chown',
      'test "$1" = postern: || { echo "chown: invalid user: $1" >&2; exit 1; }; shift; exec ls "$@" >/dev/null',
    );
  }

  #script(name: string, text: string): void {
    const file = join(this.#bin, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }
}
