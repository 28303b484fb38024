import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ended, House } from './house.js';
import { OwnMachine } from './own-machine.js';
import { SystemdStandIn } from './systemd-stand-in.js';
import type { UnitFile } from './systemd-stand-in.js';
import { TemporaryDirectory } from './temporary-directory.js';

const UNITS = fileURLToPath(new URL('../../../config/systemd', import.meta.url));
const XEN = 'etc/xen';
/** The gate's account has root's number, because the machine has only one. */
const PASSWD = 'root:x:0:0:root:/root:/bin/sh\npostern:x:0:0::/var/lib/postern:/usr/sbin/nologin\n';
const GROUP = 'root:x:0:\npostern:x:0:\n';

/**
 * Lines of the halves' logs at level warning or worse. Other lines have lower priorities in the journal
 * (server/cli/half/journal-stream.ts).
 */
const WARNINGS = '"level":"(warn|error|fatal)"';

/**
 * The Xen host xen1 of a house with two hosts: a machine of a test's own (own-machine.ts), on which the
 * commands of docs/day-two/ run unchanged. systemd, its journal, and root's ssh to xen1 and xen2 are
 * stand-ins, which refuse whatever they do not know.
 */
export class DayTwo {
  readonly #house: House;
  readonly #directory: TemporaryDirectory;
  readonly #machine: OwnMachine;
  #systemd: SystemdStandIn | undefined;
  readonly #stopped = new Set<string>();

  /** Use `start`. */
  constructor(house: House, directory: TemporaryDirectory, machine: OwnMachine) {
    this.#house = house;
    this.#directory = directory;
    this.#machine = machine;
  }

  /**
   * Starts the halves of a prepared house, those of xen1 on the machine.
   *
   * @returns a sentence when this machine does not let its users make a machine of their own; then nothing
   * was started
   */
  static async start(house: House): Promise<DayTwo | string> {
    const directory = new TemporaryDirectory();
    for (const [name, text] of [
      ['etc/passwd', PASSWD],
      ['etc/group', GROUP],
      ['etc/hosts', '127.0.0.1 localhost\n'],
    ] as const)
      directory.write(join('r', name), text);
    const machine = await OwnMachine.start(directory.file('r'), { places: usualPlaces(house) });
    if (typeof machine === 'string') {
      directory.dispose();
      return machine;
    }
    const day = new DayTwo(house, directory, machine);
    await day.#furnish();
    house.through = machine.into;
    await house.startDom0();
    await house.startSecondDom0();
    await house.startGate();
    return day;
  }

  /** The path of an admin's file or directory, `/root/NAME`. */
  root(name: string): string {
    return this.#machine.path(join('root', name));
  }

  /** Runs one command of a page. */
  async run(command: string): Promise<Ended> {
    this.#sshConfig();
    return this.#machine.run(command);
  }

  async stop(): Promise<void> {
    await this.#systemd?.stop();
    await this.#machine.stop();
    this.#directory.dispose();
  }

  async #furnish(): Promise<void> {
    for (const name of ['etc/systemd/system', 'run/systemd', 'root/.ssh', 'var/backups'])
      mkdirSync(this.#machine.path(name), { recursive: true });
    for (const unit of ['postern-gate.service', 'postern-dom0.service'])
      cpSync(join(UNITS, unit), this.#machine.path(`etc/systemd/system/${unit}`));
    symlinkSync(this.#house.xl, this.#machine.path('usr/local/sbin/xl'));
    this.#systemd = await SystemdStandIn.start(this.#machine, {
      start: (unit, file) => this.#start(unit, file),
      stop: (unit) => this.#stop(unit),
    });
    this.#machine.program('ssh', this.#ssh());
    this.#machine.program('journalctl', this.#journalctl());
  }

  async #start(unit: string, file: UnitFile): Promise<void> {
    const half = unit === 'postern-gate.service' ? 'gate' : 'dom0';
    const command = ['/opt/postern/server/postern', half, '--settings', `/etc/postern/${half}.yaml`];
    assert.deepEqual(file.execStart, command, 'what the house runs');
    if (!this.#stopped.delete(unit)) return;
    await (half === 'gate' ? this.#house.startGate() : this.#house.startDom0());
  }

  async #stop(unit: string): Promise<void> {
    this.#stopped.add(unit);
    await (unit === 'postern-gate.service' ? this.#house.endGate() : this.#house.endDom0());
  }

  /**
   * As sshd does for root: a shell runs the words, joined by blanks, at home. xen2 has its own /etc/xen,
   * /root and `xl`.
   */
  #ssh(): string {
    const { host, xen } = this.#house.second ?? assert.fail('there is one host');
    const home = this.#directory.file('xen2');
    mkdirSync(home);
    return `case "$1" in
root@xen1) shift; cd; exec sh -c "$*" ;;
root@xen2)
  shift
  export PATH='${dirname(xen.xl)}':"$PATH"
  exec unshare -m sh -c 'mount --bind "$1" /etc/xen && mount --bind "$2" /root && cd && exec sh -c "$3"' \\
    sh '${join(host.xen, XEN)}' '${home}' "$*"
  ;;
esac
exec /usr/bin/ssh "$@"`;
  }

  #journalctl(): string {
    return `logs='' choose=''
while [ $# -gt 0 ]; do
  case "$1 $2" in
  '-u postern-gate') logs="$logs ${this.#house.log('gate')}" ;;
  '-u postern-dom0') logs="$logs ${this.#house.log('dom0')}" ;;
  '-p warning') choose='${WARNINGS}' ;;
  '-o cat') ;;
  *) echo "journalctl: $1 $2 is not stood in for" >&2; exit 1 ;;
  esac
  shift 2
done
cat $logs | grep -E "$choose" || echo '-- No entries --'`;
  }

  /** Makes customers' ssh know the gate, on the port of its last start. */
  #sshConfig(): void {
    const { layout, port } = this.#house;
    const file = this.root('.ssh/config');
    writeFileSync(
      file,
      `Host console.example.net
    HostName 127.0.0.1
    Port ${port}
    IdentityFile "${layout.clientKeys}/%r"
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile "${layout.knownHosts}"
    StrictHostKeyChecking yes
`,
    );
    chmodSync(file, 0o600);
  }
}

/** Puts the directories of the house's first host at the places of an installation, and into its settings. */
function usualPlaces({ layout }: House): readonly (readonly [directory: string, place: string])[] {
  const places = [
    [dirname(layout.controlSocket), '/run/postern-gate'],
    [dirname(layout.dom0Socket), '/run/postern'],
    [dirname(layout.gateSettings), '/etc/postern'],
    [layout.gateState, '/var/lib/postern'],
    [layout.dom0State, '/var/lib/postern-dom0'],
    [join(layout.xen, XEN), `/${XEN}`],
  ] as const;
  for (const file of [layout.gateSettings, layout.dom0Settings]) {
    let text = readFileSync(file, 'utf8');
    for (const [directory, place] of places)
      text = text.replaceAll(`"${directory}"`, `"${place}"`).replaceAll(`"${directory}/`, `"${place}/`);
    writeFileSync(file, text);
  }
  return places;
}
