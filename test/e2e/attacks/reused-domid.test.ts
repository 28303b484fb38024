import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { installSimulator } from '../../../server/simulator/install.js';
import { eventually } from '../../support/eventually.js';
import { House } from '../../support/house.js';

/**
 * What is wrong: Xen numbers domains with small numbers and uses them again. This host has only one number.
 * So bob's machine gets the number that alice's had a moment before, while she still holds things meant for
 * hers: a console, a menu, a command.
 */
describe('a domid that belongs to somebody else by now', () => {
  let house: House;

  before(async () => {
    house = await House.layOut({
      customers: { alice: { horatio: 'owner' }, bob: { yorick: 'owner' } },
      domains: [{ name: 'horatio' }, { name: 'yorick' }],
    });
    await installSimulator({ directory: house.layout.xen, timeScale: 0.02, greatestDomid: 1 });
    // So seldom that an ended console opens again before the dom0 half has looked which domain is there.
    const settings = readFileSync(house.layout.dom0Settings, 'utf8');
    writeFileSync(house.layout.dom0Settings, settings.replace('intervalSeconds: 0.25', 'intervalSeconds: 4'));
    await house.startDom0();
    await house.startGate();
  });
  after(() => house.stop());

  const domid = (name: string): string => house.xlByHand('domid', name).stdout.trim();
  const uuid = (name: string): string =>
    /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(house.xlByHand('list', '-v', name).stdout)?.[0] ??
    'none';
  const config = (name: string): string => `${house.layout.xen}/etc/xen/${name}.cfg`;

  it("shows alice nothing of bob's machine, and takes nothing of hers to it; bob's is bob's", async () => {
    // On a busy host the half may serve before it has read the file, and it looks again only after 4 s.
    await eventually('horatio to be known as off', async () =>
      (await house.ssh('alice', 'horatio status')).stdout.includes('off'),
    );
    const started = await house.ssh('alice', 'horatio start --yes --wait');
    assert.equal(started.status, 0, started.stdout + started.stderr);
    assert.equal(domid('horatio'), '1');
    const alice = house.terminal('alice', 'horatio console');
    await alice.sees('horatio login:');

    assert.equal(house.xlByHand('destroy', 'horatio').status, 0);
    assert.equal(house.xlByHand('create', '-q', config('yorick')).status, 0);
    assert.equal(domid('yorick'), '1', 'the attack needs the same number');
    const incarnation = uuid('yorick');
    alice.type('root\rhalt -f\r');
    for (const verb of ['poweroff', 'shutdown', 'reboot']) {
      const { stdout, stderr } = await house.ssh('alice', `horatio ${verb} --yes --wait`);
      assert.doesNotMatch(stdout + stderr, /yorick/);
    }
    assert.equal((await house.ssh('alice', 'horatio log')).stdout.includes('yorick'), false);

    const bob = house.terminal('bob', 'yorick console');
    await bob.sees(/Console of yorick|login:/);
    // The first attachment takes the earlier output, and nobody sees it.
    // A key pressed before the console is attached is lost, and a person presses it again.
    await eventually(
      'bob’s own login prompt',
      () => {
        if (/yorick login: *$/.test(bob.screen)) return true;
        bob.type('\r');
        return false;
      },
      { everyMs: 250 },
    );
    assert.equal(uuid('yorick'), incarnation, 'it runs on, never touched');
    bob.type('root\r');
    await bob.sees('root@yorick');
    bob.type('echo only $((6*7)) bob\r');
    await bob.sees('only 42 bob');
    assert.doesNotMatch(alice.raw, /yorick|only 42 bob/);
  });

  it('and the number goes back: alice sees her own machine again, and bob nothing of it', async () => {
    const bob = house.terminal('bob', 'yorick console');
    await bob.sees('root@yorick');
    assert.equal(house.xlByHand('destroy', 'yorick').status, 0);
    const alice = house.terminal('alice', 'horatio console');
    const { status, stderr } = await eventually(
      'horatio to start',
      async () => {
        const start = await house.ssh('alice', 'horatio start --yes --wait');
        return start.status === 0 ? start : undefined;
      },
      { everyMs: 200 },
    );
    assert.equal(status, 0, stderr);
    assert.equal(domid('horatio'), '1');
    await alice.sees(/horatio login: *$/);
    assert.doesNotMatch(bob.raw, /horatio/);
  });
});
