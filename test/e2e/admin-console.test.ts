import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

const LEAVE = '\x1d.';

interface AdminEvent {
  readonly kind: string;
  readonly domain: string;
  readonly act: string;
  readonly mode?: string;
  readonly announced?: boolean;
}

/** The admins' acts in the dom0 half's journal: `horatio console-entered watch unannounced`. */
function adminActs(house: House): string[] {
  return readFileSync(join(house.layout.dom0State, 'journal.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly event: AdminEvent }).event)
    .filter(({ kind }) => kind === 'admin')
    .map(({ domain, act, mode = '', announced = true }) =>
      `${domain} ${act} ${mode} ${announced ? '' : 'unannounced'}`.replace(/ +/g, ' ').trim(),
    );
}

describe('an admin at a customer’s console', () => {
  let house: House;
  before(async () => {
    house = await House.start({ dom0Settings: 'console: {announceAdmins: false}\nlog: {level: debug}\n' });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(() => house.stop());

  it('has it to themselves for a time by --release, and the customer reads so and has it back afterwards', async () => {
    const alice = house.terminal('alice', 'horatio console');
    alice.type('\r');
    await alice.sees('login:');
    const tooSoon = house.xlConsole('horatio');
    await tooSoon.sees('Could not lock');
    assert.notEqual(await tooSoon.ends(), 0);

    const released = await house.adminRelease('horatio', '1h');
    assert.deepEqual([released.status, released.stderr], [0, '']);
    assert.match(released.stdout, /^The console of horatio is yours until \S+Z: xl console horatio\n/);
    const admin = house.xlConsole('horatio');
    admin.type('\r');
    await admin.sees('login:');
    await alice.sees('An administrator of the host has the console of horatio open.');
    alice.type('keys for nobody');
    assert.match((await house.ssh('alice', 'list')).stdout, /^horatio +running, console locked /m);
    admin.type('root\r');
    await admin.sees('#');
    admin.type('echo the-admin-was-here\r');
    await admin.sees(/^the-admin-was-here$/m);
    assert.doesNotMatch(admin.screen, /keys for nobody/);

    // The time is over, but the admin stays and holds the lock. The half tries again and again.
    assert.equal((await house.adminRelease('horatio', '1s')).status, 0);
    await eventually('the time to be over and a try to fail', () =>
      readFileSync(house.log('dom0'), 'utf8').includes('"reason":"xenconsole: Could not lock'),
    );
    await alice.sees('An administrator of the host has the console of horatio open.');
    admin.type('\x1d');
    await admin.ends();
    await alice.seesNo('An administrator of the host');
    alice.type('echo and-alice-again\r');
    await alice.sees(/^and-alice-again$/m);
    alice.type(LEAVE);
    assert.equal(await alice.ends(), 0);
    assert.deepEqual(adminActs(house), ['horatio console-released', 'horatio console-released']);
  });

  it('gives it back before the time is over by --release 0', async () => {
    assert.equal((await house.adminRelease('horatio', '1h')).status, 0);
    const alice = house.terminal('alice', 'horatio console');
    await alice.sees('An administrator of the host has the console of horatio open.');
    assert.match((await house.adminRelease('horatio', '0')).stdout, /is taken back/);
    await alice.seesNo('An administrator of the host');
    alice.type('echo given-back\r');
    await alice.sees(/^given-back$/m);
    alice.type(LEAVE);
    await alice.ends();
    assert.equal((await house.adminRelease('yorick', '10 minutes')).status, 2);
    assert.equal((await house.adminRelease('nobody', '10m')).status, 4);
  });

  it('is named when they type, and where it is set not when they watch; the journal tells both', async () => {
    const before = adminActs(house).length;
    const alice = house.terminal('alice', 'horatio console');
    await alice.sees('#');
    const quiet = house.adminConsole('horatio', '--watch');
    await quiet.sees('console of horatio, watching');
    await quiet.sees('here already: alice (write)');
    alice.type('echo nobody-seems-to-look\r');
    await quiet.sees('nobody-seems-to-look');
    alice.type('\x1dw');
    await alice.receives('Nobody else is here.');
    quiet.type(LEAVE);
    assert.equal(await quiet.ends(), 0);
    const loud = house.adminConsole('horatio', '--take');
    await alice.receives(/admin \S+ has the keyboard now; you are watching/);
    loud.type(LEAVE);
    await loud.ends();
    await alice.receives(/admin \S+ has left this console/);
    assert.doesNotMatch(alice.raw.slice(0, alice.raw.indexOf('has the keyboard now')), /admin \S+ has left/);
    alice.type(LEAVE);
    await alice.ends();
    await eventually('all to be written', () => adminActs(house).length === before + 4);
    assert.deepEqual(adminActs(house).slice(before), [
      'horatio console-entered watch unannounced',
      'horatio console-left',
      'horatio console-entered write',
      'horatio console-left',
    ]);
  });
});
