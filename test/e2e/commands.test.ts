import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly profile: string;
}

describe('commands over ssh', () => {
  let house: House;
  before(async () => {
    house = await House.start();
  });
  after(() => house.stop());

  async function state(customer: string, domain: string): Promise<string> {
    const { stdout } = await house.ssh(customer, `${domain} status --json`);
    return (JSON.parse(stdout) as Listed).state;
  }

  it('list shows the customer their own servers, for people and as JSON', async () => {
    const { stdout, stderr, status } = await house.ssh('alice', 'list');
    assert.match(stdout, /horatio/);
    assert.match(stdout, /ophelia/);
    assert.doesNotMatch(stdout, /yorick/);
    assert.deepEqual([stderr, status], ['', 0]);
    const json = await house.ssh('alice', 'list --json');
    const names = (JSON.parse(json.stdout) as Listed[]).map(({ name }) => name);
    assert.deepEqual(names, ['horatio', 'ophelia']);
  });

  it('start, shutdown, reboot and poweroff do what they say and say when it is done', async () => {
    assert.equal(await state('alice', 'horatio'), 'off');
    const steps = [
      ['horatio start --wait', 'running'],
      ['horatio reboot --wait --yes', 'running'],
      ['horatio shutdown --wait --yes', 'off'],
      ['horatio start --wait', 'running'],
      ['horatio poweroff --wait --yes', 'off'],
    ] as const;
    for (const [command, after] of steps) {
      const { status, stdout, stderr } = await house.ssh('alice', command);
      assert.equal(status, 0, `${command}: ${stdout}${stderr}`);
      assert.equal(await state('alice', 'horatio'), after, command);
    }
    assert.doesNotMatch(house.xlByHand('list').stdout, /horatio/);
  });

  it('start --console shows the boot from its first byte', async () => {
    const alice = house.terminal('alice', 'horatio start --console');
    await alice.receives('login:');
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
    await eventually('the end of the start', async () => {
      const { stdout } = await house.ssh('alice', 'horatio status --json');
      const now = JSON.parse(stdout) as Listed & { readonly operation: object | null };
      return now.state === 'running' && now.operation === null;
    });
    await eventually('its prompt on the screen', async () =>
      /login:/.test((await house.ssh('alice', 'horatio screen')).stdout),
    );
    const off = await house.ssh('alice', 'horatio poweroff --wait --yes');
    assert.equal(off.status, 0, off.stderr);
  });

  it('destroy is poweroff, and neither happens without --yes when nobody can be asked', async () => {
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const unasked = await house.ssh('alice', 'horatio destroy');
    assert.notEqual(unasked.status, 0);
    assert.match(unasked.stderr, /--yes/);
    assert.equal(await state('alice', 'horatio'), 'running');
    assert.equal((await house.ssh('alice', 'horatio destroy --yes --wait')).status, 0);
    assert.equal(await state('alice', 'horatio'), 'off');
  });

  it('what cannot be done in this state is refused with a sentence', async () => {
    const { status, stderr } = await house.ssh('alice', 'horatio reboot --yes');
    assert.equal(status, 3);
    assert.match(stderr, /off/);
  });

  it('a second request while one is under way is answered with what is going on', async () => {
    // She does not boot, and takes no notice of a shutdown: it is under way until the power-off.
    assert.equal((await house.ssh('alice', 'ophelia start --wait')).status, 0);
    await eventually('ophelia to be stuck in her boot', async () =>
      (await house.ssh('alice', 'ophelia log')).stdout.includes('(initramfs)'),
    );
    assert.equal((await house.ssh('alice', 'ophelia shutdown --yes')).status, 0);
    const { status, stderr } = await house.ssh('alice', 'ophelia reboot --yes');
    assert.equal(status, 5);
    assert.match(stderr, /shut/i);
    assert.equal((await house.ssh('alice', 'ophelia poweroff --yes --wait')).status, 0);
    assert.equal(await state('alice', 'ophelia'), 'off');
  });

  it('usage errors, help and the unknown have their own exit statuses', async () => {
    assert.equal((await house.ssh('alice', 'horatio dance')).status, 2);
    assert.equal((await house.ssh('alice', 'list --loudly')).status, 2);
    assert.equal((await house.ssh('alice', 'hamlet status')).status, 4);
    const help = await house.ssh('alice', 'help');
    assert.equal(help.status, 0);
    assert.match(help.stdout, /rescue/);
  });

  it('keys and activity are the customer’s own', async () => {
    const keys = await house.ssh('alice', 'keys --json');
    assert.equal((JSON.parse(keys.stdout) as unknown[]).length, 1);
    const last = await house.ssh(
      'alice',
      'keys remove ' +
        ((JSON.parse(keys.stdout) as { fingerprint: string }[])[0]?.fingerprint ?? '') +
        ' --yes',
    );
    assert.equal(last.status, 3, 'the last key stays');
    const activity = await house.ssh('alice', 'activity');
    assert.match(activity.stdout, /horatio/);
    assert.doesNotMatch(activity.stdout, /yorick/);
  });

  it('says that the host does not answer when it does not, and recovers', async () => {
    await house.endDom0('SIGKILL');
    const { status } = await house.ssh('alice', 'horatio start');
    assert.equal(status, 6);
    assert.equal((await house.ssh('alice', 'list')).status, 0, 'the list still works');
    await house.startDom0();
    await eventually(
      'the host to answer again',
      async () => (await house.ssh('alice', 'horatio start')).status === 0,
    );
  });
});
