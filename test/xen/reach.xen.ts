import assert from 'node:assert/strict';
import { VERBS, type Verb } from '../../server/wire/contract.js';
import { Dom0Client, operationRequest } from '../support/dom0-client.js';
import { eventually } from '../support/eventually.js';
import { run } from '../support/house.js';
import { lab } from './lab/hooks.js';
import { statusOf } from './lab/states.js';

const MINUTES = 60_000;

/** On the dom0 half's own socket: an attacker who has taken over the gate, with requests that are right but for the name. */
async function submit(domain: string, verb: Verb): Promise<number> {
  const { layout } = lab().gate;
  const more = { ...(verb === 'rescue' && { profile: 'rescue' }), ...(verb === 'sysrq' && { key: 's' }) };
  const sound = operationRequest('horatio', verb, more);
  const { status } = await new Dom0Client(layout.dom0Socket).ask(
    'POST',
    '/operations',
    JSON.stringify({ ...sound, domain }),
  );
  return status;
}

describe('what customers must not reach on a real Xen', function () {
  this.timeout(10 * MINUTES);
  before(async () => {
    await lab().renew();
    await lab().dom0.must('xl create -q /etc/xen/router.cfg');
  });

  for (const domain of ['Domain-0', 'router', 'yorick', '0', '1', 'nosuch']) {
    it(`${domain}, by any command of a customer's`, async () => {
      const before = (await lab().xl('list')).stdout;
      const uptime = Number((await lab().dom0.must('cat /proc/uptime')).split(' ')[0]);
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
        const { status, stdout, stderr } = await lab().ssh('alice', `${domain} ${command}`);
        assert.ok(status === 4 || status === 2, `${command}: ${String(status)} ${stderr}`);
        assert.equal(stdout, '');
      }
      assert.equal(names((await lab().xl('list')).stdout), names(before));
      assert.ok(Number((await lab().dom0.must('cat /proc/uptime')).split(' ')[0]) > uptime);
    });
  }

  it('Domain-0 and an unmanaged domain, by any verb of one who has the dom0 half’s socket', async () => {
    const before = names((await lab().xl('list')).stdout);
    for (const domain of ['Domain-0', 'router', '0', '1']) {
      for (const verb of VERBS) {
        const status = await submit(domain, verb);
        assert.ok(status === 400 || status === 404, `${domain} ${verb}: ${status}`);
      }
    }
    assert.equal(names((await lab().xl('list')).stdout), before);
    const listed = await lab().ssh('bob', 'list --json');
    assert.doesNotMatch(listed.stdout, /router|Domain-0/);
  });

  it('the link’s login gets the socket and nothing else: no shell, no other port, no other socket', async () => {
    const config = ['-F', lab().dom0.sshConfig];
    const shell = await run('ssh', [...config, '-T', 'link', '--', 'id'], '');
    assert.notEqual(shell.status, 0);
    assert.doesNotMatch(shell.stdout, /uid=/);
    const tcp = await run('ssh', [...config, '-W', '127.0.0.1:22', 'link'], '');
    assert.notEqual(tcp.status, 0);
    assert.doesNotMatch(tcp.stdout, /SSH-2/);
  });

  it('another customer’s server that takes over a freed domid is not reached by what was meant for the first', async () => {
    assert.equal((await lab().ssh('alice', 'horatio start --wait')).status, 0);
    const domid = await lab().domid('horatio');
    const alice = lab().terminal('alice', 'horatio console');
    await alice.sees('login:', 5 * MINUTES);
    await lab().dom0.must('xl destroy horatio');
    // Xen counts up; the wrap-around takes 32 751 creates. The name is what is re-used here.
    await lab().dom0.must(
      'sed -i "s/horatio.img/yorick.img/" /etc/xen/horatio.cfg && xl create -q /etc/xen/yorick.cfg',
    );
    await eventually(
      'horatio to be off',
      async () => (await statusOf(lab(), 'alice', 'horatio')).state === 'off',
      {
        withinMs: MINUTES,
        everyMs: 300,
      },
    );
    assert.notEqual(await lab().domid('yorick'), domid);
    const received = alice.raw.length;
    await eventually(
      'yorick to have booted',
      async () => (await lab().ssh('bob', 'yorick log')).stdout.includes('yorick login:'),
      { withinMs: 5 * MINUTES, everyMs: 1000 },
    );
    assert.doesNotMatch(alice.raw.slice(received), /yorick/);

    // And horatio's configuration now names yorick's disk, writable.
    const twice = await lab().ssh('alice', 'horatio start --wait');
    assert.notEqual(twice.status, 0, 'two domains with one writable disk');
    assert.match(twice.stderr, /disk/);
    assert.doesNotMatch(twice.stderr, /yorick/, 'without saying whose it is');
    assert.equal(await lab().domid('horatio'), undefined);
  });
});

/** The names of a listing, in one line. */
function names(list: string): string {
  return list
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/)[0])
    .join(' ');
}
