import assert from 'node:assert/strict';
import { VERBS, type Verb } from '../../server/wire/contract.js';
import { eventually } from '../support/eventually.js';
import { Dom0Client, operationRequest } from '../support/dom0-client.js';
import { isAtLogin, leave, seesLogin, seesPrompt } from './guest.js';
import { PATIENCE } from './patience.js';
import { settlesAs } from './states.js';
import type { World } from './world.js';

/**
 * Sends a request straight to the dom0 half's socket, like an attacker who has taken over the gate. Only the
 * name is wrong.
 */
async function submit(world: World, domain: string, verb: Verb): Promise<number> {
  const more = { ...(verb === 'rescue' && { profile: 'rescue' }), ...(verb === 'sysrq' && { key: 's' }) };
  const sound = operationRequest('horatio', verb, more);
  const { status } = await new Dom0Client(world.dom0Socket).ask(
    'POST',
    '/operations',
    JSON.stringify({ ...sound, domain }),
  );
  return status;
}

/** Things that customers must not reach, whatever they type, and whatever happens to names and numbers. */
export function reachCases(world: () => World): void {
  before(async () => {
    const { status, stderr } = await world().xl('create', '-q', world().configOf('router'));
    assert.equal(status, 0, stderr);
  });

  for (const domain of ['Domain-0', 'router', 'yorick', '1']) {
    it(`${domain}, by any command of a customer's`, async () => {
      const before = incarnations((await world().xl('list')).stdout);
      for (const command of [
        'status',
        'start --wait',
        'shutdown --yes',
        'poweroff --yes',
        'destroy --yes',
        'reboot --yes',
        'rescue rescue --yes',
        'normal --yes',
        'console',
        'watch',
        'log',
      ]) {
        const { status, stdout, stderr } = await world().ssh('alice', `${domain} ${command}`);
        assert.ok(status === 4 || status === 2, `${command}: ${String(status)} ${stderr}`);
        assert.equal(stdout, '');
      }
      assert.equal(incarnations((await world().xl('list')).stdout), before);
    });
  }

  it('Domain-0 and an unmanaged domain, by any verb of one who has the dom0 half’s socket', async () => {
    const before = incarnations((await world().xl('list')).stdout);
    for (const domain of ['Domain-0', 'router', '0', '1']) {
      for (const verb of VERBS) {
        const status = await submit(world(), domain, verb);
        assert.ok(status === 400 || status === 404, `${domain} ${verb}: ${status}`);
      }
    }
    assert.equal(incarnations((await world().xl('list')).stdout), before);
    const listed = await world().ssh('bob', 'list --json');
    assert.doesNotMatch(listed.stdout, /router|Domain-0/);
  });

  it('another customer’s server that gets the domid of one that has gone is not reached by what is meant for the first', async () => {
    assert.equal((await world().ssh('alice', 'horatio start --wait')).status, 0);
    const alice = world().terminal('alice', 'horatio console');
    await seesLogin(alice);
    const domid = (await world().domid('horatio')) ?? 0;
    await world().xl('destroy', 'horatio');
    const { status, stderr } = await world().createWithDomid('yorick', domid);
    assert.equal(status, 0, stderr);
    assert.equal(await world().domid('yorick'), domid);
    const received = alice.raw.length;
    const bob = world().terminal('bob', 'yorick console');
    // Horatio's console may be opened once more before the dom0 half sees that he has gone. It is yorick's then,
    // and what it takes of yorick's first words is shown to nobody. Keys before bob's console is open are lost.
    await eventually(
      'yorick to answer bob',
      () => {
        bob.type('\r');
        return isAtLogin(bob);
      },
      { withinMs: PATIENCE.boot, everyMs: 500 },
    );
    alice.type('meant for horatio\r');
    await settlesAs(world(), 'horatio', ['off']);
    for (const command of ['reboot --yes', 'shutdown --yes --wait', 'poweroff --yes --wait', 'log']) {
      await world().ssh('alice', `horatio ${command}`);
    }
    assert.equal(await world().domid('yorick'), domid, 'still the one that it was');
    bob.type('root\r');
    await seesPrompt(bob);
    assert.doesNotMatch(bob.raw, /meant for horatio/);
    assert.doesNotMatch(alice.raw.slice(received), /yorick/);
    assert.doesNotMatch((await world().ssh('alice', 'horatio log')).stdout, /yorick/);
    await leave(alice, bob);
  });

  it('a name that goes to another customer shows nothing of the first one’s: no screen, no log, no activity', async () => {
    assert.equal((await world().postern('role', 'remove', 'alice', 'horatio')).status, 0);
    assert.equal((await world().postern('role', 'add', 'bob', 'horatio', 'owner')).status, 0);
    const console = world().terminal('bob', 'horatio console');
    await console.receives('off', PATIENCE.soon);
    assert.doesNotMatch(console.raw, /horatio login/);
    await leave(console);
    assert.doesNotMatch((await world().ssh('bob', 'horatio log')).stdout, /Linux version|login/);
    assert.doesNotMatch((await world().ssh('bob', 'activity')).stdout, /alice/);
    assert.equal((await world().ssh('alice', 'horatio status')).status, 4);
    assert.equal((await world().postern('role', 'remove', 'bob', 'horatio')).status, 0);
    assert.equal((await world().postern('role', 'add', 'alice', 'horatio', 'owner')).status, 0);
  });

  it('a server whose configuration names another one’s writable disk is not started, and is not told whose it is', async () => {
    await world().editConfig('horatio', (text) => text.replace('horatio.img', 'yorick.img'));
    const twice = await world().ssh('alice', 'horatio start --wait');
    assert.notEqual(twice.status, 0, 'two domains with one writable disk');
    assert.match(twice.stderr, /disk/);
    assert.doesNotMatch(twice.stderr, /yorick/);
    assert.equal(await world().domid('horatio'), undefined);
  });
}

/** The names and domids of a listing, on one line. */
function incarnations(list: string): string {
  return list
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/).slice(0, 2).join(' '))
    .join(', ');
}
