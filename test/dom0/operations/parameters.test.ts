import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DirectProfile } from '../../../server/dom0/boot/boot-profiles.js';
import { parseDiskSpec } from '../../../server/dom0/config/disk-spec.js';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';

type Given = Readonly<Record<string, unknown>>;

/** Like an installer: a list for one parameter, a careless pattern for the other. */
const INSTALLER: DirectProfile = {
  kind: 'direct',
  types: ['pv', 'pvh'],
  title: 'Installer',
  disks: 'All is erased.',
  hint: '',
  kernel: '/srv/xen/install-vmlinuz',
  ramdisk: '/srv/xen/install-initrd.gz',
  extra: 'install-suite=${suite} hostname=${domain} url=${url} -- quiet',
  parameters: {
    suite: { title: 'suite', values: ['bookworm', 'trixie'], pattern: null, default: null },
    url: { title: 'preseed file', values: null, pattern: '[^]*', default: 'http://x/p' },
  } as DirectProfile['parameters'],
  addDisks: [],
};

describe('parameters of a boot profile', () => {
  let house: Dom0UnderTest;
  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio']);
    house.settings = { ...house.settings, profiles: { ...house.settings.profiles, installer: INSTALLER } };
    await house.start();
  });
  afterEach(() => house.dispose());

  /** Sends a request as an attacker who has taken over the gate may write it. */
  async function raw(more: Given): Promise<OperationView | WireRefusal> {
    const request = { ...operationRequest('horatio', 'rescue', { profile: 'installer' }), ...more };
    return (await house.client.ask('POST', '/operations', JSON.stringify(request))).body as
      | OperationView
      | WireRefusal;
  }

  async function refused(more: Given): Promise<WireRefusal> {
    const answer = await raw(more);
    if ('phase' in answer) assert.fail(JSON.stringify(more));
    assert.match(answer.message, /^[ -~]+$/);
    return answer;
  }

  const extras = (): readonly unknown[] =>
    house.toolstack.creations.map(({ overrides }) => overrides.find(({ key }) => key === 'extra')?.value);

  it('stand in the command line that is booted, and in the journal', async () => {
    const view = await house.client.run('horatio', 'rescue', {
      profile: 'installer',
      parameters: { suite: 'bookworm' },
    });
    assert.equal(view.phase, 'done');
    assert.deepEqual(extras(), ['install-suite=bookworm hostname=horatio url=http://x/p -- quiet']);
    const journal = await readFile(join(house.settings.state, 'journal.jsonl'), 'utf8');
    assert.match(journal, /"parameters":\{"suite":"bookworm"\}/);
    assert.doesNotMatch(JSON.stringify(await house.client.domain('horatio')), /install-suite|http:/);
  });

  it('cannot add a word to it, whoever holds the socket', async () => {
    const values = [
      'x init=/bin/sh',
      'bookworm init=/bin/sh',
      'bookworm\ninit=/bin/sh',
      'bookworm\tinit=/bin/sh',
      'bookworm\u00a0init=/bin/sh',
      'bookworm\u0000',
      'bookworm"',
      "bookworm'",
      'bookworm\\',
      '--',
      '',
      'b'.repeat(10_240),
      ['bookworm'],
      { toString: 'bookworm' },
      null,
      7,
    ];
    for (const value of values) {
      assert.equal((await refused({ parameters: { suite: value } })).code, 'usage', JSON.stringify(value));
      const parameters = { suite: 'bookworm', url: value };
      assert.equal((await refused({ parameters })).code, 'usage', JSON.stringify(value));
    }
    assert.equal((await refused({ parameters: { suite: 'potato' } })).code, 'not-on-this-host');
    assert.equal((await refused({ parameters: { suite: 'bookworm.' } })).code, 'not-on-this-host');
    assert.deepEqual(extras(), []);
  });

  it('are those that the settings declare and no others', async () => {
    const suite = 'bookworm';
    for (const name of ['sweet', 'extra', 'kernel', 'constructor', 'domain', 'INIT', '']) {
      assert.equal((await refused({ parameters: { suite, [name]: 'x' } })).code, 'usage', name);
    }
    const proto = JSON.parse('{"suite":"bookworm","__proto__":{"url":"x"}}') as Given;
    assert.equal((await refused({ parameters: proto })).code, 'usage');
    assert.equal(
      (await refused({ parameters: JSON.parse('{"__proto__":{"suite":"trixie"}}') })).code,
      'usage',
    );
    assert.equal((await refused({ verb: 'start', profile: null, parameters: { suite } })).code, 'usage');
    assert.equal((await refused({ profile: 'rescue', parameters: { suite } })).code, 'usage');
    assert.deepEqual(extras(), []);
  });

  it('are asked for when there is no default, also of a gate that knows of none', async () => {
    const { code, message, detail } = await refused({});
    assert.equal(code, 'not-on-this-host');
    assert.equal(message, 'This boot is not set up for this server: its suite is not set.');
    assert.equal(detail, 'the parameter suite is not set and has no default');
  });

  it('belong to the operation: the same id with others is another', async () => {
    const parameters = { suite: 'bookworm' };
    const first = operationRequest('horatio', 'rescue', { profile: 'installer', parameters });
    assert.equal('phase' in (await raw(first as unknown as Given)), true);
    assert.equal('phase' in (await raw(first as unknown as Given)), true);
    for (const other of [{ suite: 'trixie' }, { suite: 'bookworm', url: 'http://x/p' }, {}]) {
      assert.equal((await refused({ ...first, parameters: other })).code, 'usage');
    }
    await house.client.ended(first.id);
    assert.equal(extras().length, 1);
  });

  it('do not hide which profile runs: after a reboot from inside, a restart, and without a journal', async () => {
    const parameters = { suite: 'trixie' };
    await house.client.run('horatio', 'rescue', { profile: 'installer', parameters });
    const profile = async (): Promise<string> => (await house.client.domain('horatio')).observation.profile;
    assert.equal(await profile(), 'installer');
    const line = extras()[0] as string;
    house.toolstack.long.set('horatio', {
      kernel: INSTALLER.kernel,
      ramdisk: INSTALLER.ramdisk,
      cmdline: line,
      bootloader: null,
      disks: [parseDiskSpec(`file:${join(house.directory, 'horatio.img')},xvda,w`)],
    });
    house.toolstack.put('horatio');
    await house.until('the reboot', profile, (shown) => shown === 'installer');
    await house.stop();
    await house.start();
    assert.equal(await profile(), 'installer');
    await house.stop();
    house.settings = { ...house.settings, state: join(house.directory, 'another-state') };
    await house.start();
    assert.equal(await profile(), 'installer');
    await house.stop();
    house.toolstack.long.set('horatio', {
      ...house.toolstack.long.get('horatio')!,
      cmdline: line.replace('trixie', 'potato'),
    });
    house.settings = { ...house.settings, state: join(house.directory, 'a-third-state') };
    await house.start();
    assert.equal(await profile(), 'unknown');
  });
});
