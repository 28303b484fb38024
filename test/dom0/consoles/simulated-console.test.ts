import assert from 'node:assert/strict';
import { parseBootProfileName, parseDomainName } from '../../../policy/names.js';
import { Consoles } from '../../../server/dom0/consoles/consoles.js';
import { NEW_INCARNATION } from '../../../server/dom0/screens/screen-reset.js';
import { eventually } from '../../support/eventually.js';
import { SimulatedXen } from '../../support/simulated-xen.js';
import { ConsoleDoor } from './console-peer.js';

const horatio = parseDomainName('horatio')!;
const normal = parseBootProfileName('normal')!;
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const FIRST_BYTES = '[    0.000000] Linux version ';

describe('Consoles over xl console', () => {
  let xen: SimulatedXen;
  let door: ConsoleDoor;
  let consoles: Consoles;

  before(async () => {
    xen = await SimulatedXen.install({ timeScale: 0.02, domains: [{ name: 'horatio' }] });
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
      logger: silent,
      // A whole xl starts, on a machine that may be busy.
      timing: { line: { attach: 60_000 } },
    });
    door = await ConsoleDoor.open(xen.host.directory, () => consoles);
  });

  after(async () => {
    door.close();
    await consoles.dispose();
    await xen.remove();
  });

  it('shows a boot from its first byte, and the boot after a reboot from within as well', async () => {
    await xen.xl('create', '-p', '-q', xen.config('horatio'));
    const first = await eventually('horatio', () => xen.row('horatio'));
    assert.equal(await consoles.attach(horatio, first.domid, 'u1'), 'attached');
    const alice = door.peer('horatio', { mode: 'write', label: 'alice', cols: '80', rows: '24' });
    await alice.note('attached');
    await alice.painted();
    await xen.xl('unpause', 'horatio');
    await alice.sees('horatio login: ');
    assert.equal(alice.text.indexOf(FIRST_BYTES), 0);
    assert.equal(alice.text.split(FIRST_BYTES).length, 2, 'once');
    assert.doesNotMatch(alice.text, /\r\r\n/, 'bytes as the guest said them');
    alice.type('root\r');
    await alice.sees('# ');
    alice.type('reboot\r');
    const second = await eventually('the next domid', () => {
      const row = xen.row('horatio');
      return row !== undefined && row.domid !== first.domid ? row : undefined;
    });
    consoles.observed(horatio, { uuid: 'u1', domid: second.domid }, 'running', normal);
    await alice.sees(`${NEW_INCARNATION}${FIRST_BYTES}`);
  });
});
