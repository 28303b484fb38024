import assert from 'node:assert/strict';
import { parseBootProfileName, parseDomainName } from '../../../policy/names.js';
import { ConsoleLogs } from '../../../server/dom0/console-log/console-logs.js';
import { LocalDisk } from '../../../server/dom0/console-log/log-disk.js';
import { Consoles } from '../../../server/dom0/consoles/consoles.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { SimulatedXen } from '../../support/simulated-xen.js';
import { ConsoleDoor } from '../consoles/console-peer.js';
import type { ConsolePeer } from '../consoles/console-peer.js';
import { said } from './log-reading.js';

const NAMES = ['horatio', 'ophelia'].map((name) => parseDomainName(name)!);
const [horatio, ophelia] = NAMES as [(typeof NAMES)[0], (typeof NAMES)[0]];
const normal = parseBootProfileName('normal')!;
const LONG = process.env['POSTERN_TEST_LONG'] === '1';
const BOOTS = LONG ? 50 : 5;
const LINES = 3000;
const LIMITS = { perDomainMiB: 64, totalMiB: 512, rateKiB: 100_000, days: 90, goneDays: 30 };

describe('The console log through reboots', () => {
  let xen: SimulatedXen;
  let door: ConsoleDoor;
  let consoles: Consoles;
  let logs: ConsoleLogs;

  const open = (): void => {
    const folder = `${xen.host.directory}/console-log`;
    logs = new ConsoleLogs({
      folder,
      disk: new LocalDisk(),
      limits: LIMITS,
      goneAfterMs: 60_000,
      logger: silentLogger,
    });
    const command = (domid: number) => ({
      file: xen.host.xl,
      args: ['console', String(domid)],
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
    });
    consoles = new Consoles({
      command,
      whose: () => Promise.resolve('same'),
      passesEscape: false,
      attach: 'always',
      announceAdmins: true,
      logs,
      logger: silentLogger,
    });
  };

  before(async () => {
    xen = await SimulatedXen.install({ timeScale: 0.02, domains: NAMES.map((name) => ({ name })) });
    open();
    door = await ConsoleDoor.open(xen.host.directory, () => consoles);
  });

  after(async () => {
    door.close();
    await consoles.dispose();
    await xen.remove();
  });

  const domid = (name: string, not: number): Promise<number> =>
    eventually(`${name} after ${not}`, () => {
      const row = xen.row(name);
      return row !== undefined && row.domid > not ? row.domid : undefined;
    });

  it(`has every line of ${BOOTS} boots, in order, none twice, none of the other domain`, async function () {
    this.timeout(LONG ? 900_000 : 600_000);
    const peers = new Map<string, ConsolePeer>();
    const heard = new Map<string, number>();
    for (const name of NAMES) {
      await xen.xl('create', '-p', '-q', xen.config(name));
      await consoles.attach(name, await domid(name, 0), `uuid-of-${name}`);
      const peer = door.peer(name, { mode: 'write', label: 'alice', cols: '80', rows: '24' });
      await peer.note('attached');
      await peer.painted();
      peers.set(name, peer);
      await xen.xl('unpause', name);
    }
    const boot = async (name: (typeof NAMES)[0], round: number): Promise<void> => {
      const peer = peers.get(name)!;
      const from = heard.get(name) ?? 0;
      await eventually(`${name}'s login`, () => peer.text.includes('login: ', from));
      peer.type('root\r');
      await eventually(`${name}'s shell`, () => peer.text.includes('# ', from));
      peer.type(`echo ${name} ${round}; seq ${LINES}; echo the end of ${round}\r`);
      await eventually(`${name}'s lines`, () => peer.text.includes(`\nthe end of ${round}\r\n`, from));
      heard.set(name, peer.text.length);
      if (round === BOOTS) return;
      const before = xen.row(name)!.domid;
      peer.type('reboot\r');
      const next = await domid(name, before);
      consoles.observed(name, { uuid: `uuid-of-${name}`, domid: next }, 'running', normal);
    };
    for (let round = 1; round <= BOOTS; round += 1) await Promise.all(NAMES.map((name) => boot(name, round)));
    const expected = Array.from({ length: LINES }, (_, at) => String(at + 1));
    const check = async (name: (typeof NAMES)[0]): Promise<void> => {
      const text = await said(logs.of(name));
      const other = name === horatio ? ophelia : horatio;
      assert.ok(!text.includes(other), `nothing of ${other} in the log of ${name}`);
      assert.ok(!text.includes('not kept'));
      const boots = text.split('[    0.000000] Linux version ');
      assert.equal(boots.length, BOOTS + 1);
      for (let round = 1; round <= BOOTS; round += 1) {
        const lines = boots[round]!.split('\r\n').filter((line) => /^\d+$/.test(line));
        assert.deepEqual(lines, expected, `${name}, boot ${round}`);
        const back = round - BOOTS;
        const one = await said(logs.of(name), { boot: back });
        assert.ok(
          one.includes(`\n${name} ${round}\r\n`) && one.startsWith('[    0.000000] Linux version '),
          `boot ${back}`,
        );
        assert.equal(one.split('\r\n').filter((line) => /^\d+$/.test(line)).length, LINES);
      }
    };
    await Promise.all(NAMES.map(check));
    await consoles.dispose();
    open();
    await Promise.all(NAMES.map(check));
  });
});
