import assert from 'node:assert/strict';
import { VERBS, type Verb } from '../../server/wire/contract.js';
import { Dom0Client, operationRequest } from '../support/dom0-client.js';
import { eventually } from '../support/eventually.js';
import { PATIENCE } from './patience.js';
import { settlesAs } from './states.js';
import type { World } from './world.js';

/** On the dom0 half's own socket: an attacker who has taken over the gate, with requests that are right but for the name. */
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

/** What customers must not reach, whatever they type, and whatever becomes of names and numbers. */
export function reachCases(world: () => World): void {
  before(async () => {
    const { status, stderr } = await world().xl('create', '-q', world().configOf('router'));
    assert.equal(status, 0, stderr);
  });

  for (const domain of ['Domain-0', 'router', 'yorick', '0', '1', 'nosuch']) {
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

  it('another customer’s server that boots where one was is not reached by what was meant for the first', async () => {
    assert.equal((await world().ssh('alice', 'horatio start --wait')).status, 0);
    const alice = world().terminal('alice', 'horatio console');
    await alice.sees('login:', PATIENCE.boot);
    await world().xl('destroy', 'horatio');
    await world().editConfig('horatio', (text) => text.replace('horatio.img', 'yorick.img'));
    assert.equal((await world().xl('create', '-q', world().configOf('yorick'))).status, 0);
    await settlesAs(world(), 'horatio', ['off']);
    const received = alice.raw.length;
    await eventually(
      'yorick to have booted',
      async () => (await world().ssh('bob', 'yorick log')).stdout.includes('yorick login:'),
      { withinMs: PATIENCE.boot, everyMs: 1000 },
    );
    assert.doesNotMatch(alice.raw.slice(received), /yorick/);
  });

  it('a server whose configuration names another one’s writable disk is not started, and is not told whose it is', async () => {
    const twice = await world().ssh('alice', 'horatio start --wait');
    assert.notEqual(twice.status, 0, 'two domains with one writable disk');
    assert.match(twice.stderr, /disk/);
    assert.doesNotMatch(twice.stderr, /yorick/);
    assert.equal(await world().domid('horatio'), undefined);
  });
}

/** The names and domids of a listing, in one line. */
function incarnations(list: string): string {
  return list
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/).slice(0, 2).join(' '))
    .join(', ');
}
