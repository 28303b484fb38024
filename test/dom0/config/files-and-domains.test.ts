import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { WireRefusal } from '../../../server/wire/operation.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { operationRequest } from '../../support/dom0-client.js';

describe('domains and what the toolstack makes of their files', () => {
  let house: Dom0UnderTest;
  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
  });
  afterEach(() => house.dispose());

  const refused = async (domain: string, verb: 'rescue' | 'shutdown' | 'start'): Promise<WireRefusal> => {
    const more = verb === 'rescue' ? { profile: 'rescue' } : {};
    const answer = await house.client.submit(operationRequest(domain, verb, more));
    if ('phase' in answer) assert.fail(`${verb} was accepted`);
    return answer;
  };

  it('a dry run that never ends delays no observation', async () => {
    await house.start();
    const listings = house.toolstack.listings;
    house.toolstack.dryRun = () => new Promise(() => undefined);
    await house.configure('ophelia', 'memory = 256\n');
    house.toolstack.put('ophelia');
    await house.client.state('ophelia', 'running');
    assert.ok(house.toolstack.listings > listings);
  });

  it('disks that we would have lost stop the rescue before the domain is touched', async () => {
    house.toolstack.put('horatio');
    await house.start();
    // As if xl saw one more disk in the file than we did.
    const asXl = house.toolstack.dryRun.bind(house.toolstack);
    house.toolstack.dryRun = async (creation) => {
      const made = await asXl(creation);
      if (isRefusal(made) || 'refused' in made || creation.overrides.length === 0) return made;
      return { ...made, boot: { ...made.boot, disks: made.boot.disks.slice(1) } };
    };
    const no = await refused('horatio', 'rescue');
    assert.match(no.message, /does not go with this boot profile, so nothing was done/);
    assert.deepEqual(house.toolstack.calls, []);
  });

  it('another name in the file stops a start, in the moment of the change too', async () => {
    await house.start();
    house.toolstack.on.set('create', () => assert.fail('created'));
    await house.configure('horatio', 'name = "ophelia"\n');
    const answer = await house.client.submit(operationRequest('horatio', 'start'));
    const failure = 'phase' in answer ? (await house.client.ended(answer.id)).failure : answer;
    assert.match(failure?.code ?? '', /wrong-state|no-such-domain/);
  });

  it('a file that xl refuses is not startable, in its own words; a running domain stays seen, over a restart too', async () => {
    house.toolstack.put('horatio');
    await house.start();
    await house.client.state('horatio', 'running');
    await writeFile(join(house.directory, 'etc', 'horatio.cfg'), 'name = "horatio\n');
    const no = await refused('horatio', 'rescue');
    assert.match(no.message, /horatio\.cfg:1: config parsing error near `"horatio': lexical error/);
    await house.stop();
    await house.start();
    await house.client.state('horatio', 'running');
    house.toolstack.domains.delete('horatio');
    await house.client.state('horatio', 'off');
    assert.match((await refused('horatio', 'start')).message, /config parsing error/);
    assert.deepEqual(house.toolstack.calls, []);
  });

  it('a second file with its name: it stays seen, and what changes it is refused with both named', async () => {
    house.toolstack.put('horatio');
    await house.start();
    const copy = await house.configure('horatio-old', 'name = "horatio"\n');
    const fault = await house.until(
      'the copy to be read',
      async () => house.client.submit(operationRequest('horatio', 'sysrq', { key: 'h' })),
      (answer) => !('phase' in answer) && answer.message.includes('horatio-old.cfg'),
    );
    assert.match((fault as WireRefusal).message, /horatio\.cfg/);
    const contract = (await house.client.ask('GET', '/contract')).body as { unmanaged: readonly unknown[] };
    assert.deepEqual(contract.unmanaged, [
      { file: 'horatio-old.cfg', why: 'more than one file has the name horatio: see horatio.cfg' },
      { file: 'horatio.cfg', why: 'more than one file has the name horatio: see horatio-old.cfg' },
    ]);
    for (const verb of ['shutdown', 'rescue'] as const)
      assert.match((await refused('horatio', verb)).message, /Two configuration files .*horatio-old\.cfg/);
    await house.stop();
    await house.start();
    assert.equal((await house.client.state('horatio', 'running')).name, 'horatio');
    await rm(copy);
    await house.until(
      'it to be startable again',
      () => house.client.submit(operationRequest('horatio', 'shutdown')),
      (answer) => 'phase' in answer,
    );
  });

  it('since is when the domain started, over a restart of ours, and after a silence of the toolstack', async () => {
    const { domid } = house.toolstack.put('horatio');
    house.toolstack.upFor.set(domid, 3600);
    const before = Date.now();
    await house.start();
    const isAnHour = async (): Promise<void> => {
      const { observation } = await house.client.state('horatio', 'running');
      const ago = before - Date.parse(observation.since);
      assert.ok(ago > 3590_000 && ago <= 3600_000, String(ago));
    };
    await isAnHour();
    house.toolstack.silence = refusal('toolstack-timeout', 'No answer.');
    await house.client.state('horatio', 'unknown');
    house.toolstack.silence = null;
    await isAnHour();
    await house.stop();
    await house.start();
    await isAnHour();
  });

  it('the check leaves no file behind', async () => {
    await house.configure('horatio', 'bootloader = "pygrub"\n');
    house.toolstack.put('ophelia');
    await house.start();
    await house.client.submit(operationRequest('horatio', 'rescue', { profile: 'rescue' }));
    const work = join(house.settings.state, 'work');
    await house.until(
      'no derived file',
      () => readdir(work).catch(() => []),
      (files) => !files.some((file) => file.includes('check')),
    );
  });
});
