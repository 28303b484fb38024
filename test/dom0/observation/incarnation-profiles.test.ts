import assert from 'node:assert/strict';
import { readDomainConfig } from '../../../server/dom0/config/domain-config.js';
import { NORMAL, parseDomainName } from '../../../policy/names.js';
import { IncarnationProfiles } from '../../../server/dom0/observation/incarnation-profiles.js';
import { FakeToolstack } from '../../support/fake-toolstack.js';
import { silentLogger } from '../../support/silent-logger.js';

describe('what an incarnation boots', () => {
  it('is asked for again soon, and then ever later, until it is told', async () => {
    const horatio = parseDomainName('horatio')!;
    const toolstack = new FakeToolstack();
    const asked: number[] = [];
    let now = 0;
    toolstack.longList = () => {
      asked.push(now);
      return Promise.resolve(null);
    };
    const profiles = new IncarnationProfiles({
      toolstack,
      profiles: { recognise: () => NORMAL },
      expectations: { startPhase: () => 'no', lastBoot: () => null },
      timings: { profileRetry: 2, lastProfileRetry: 10 },
      logger: silentLogger,
    });
    const config = readDomainConfig('/etc/xen/horatio.cfg', 'name = "horatio"\nkernel = "/vmlinuz"\n');
    assert.ok(typeof config !== 'string');
    const managed = [{ name: horatio, config, observation: { state: 'running' as const } }];
    const listed = new Map([[horatio, toolstack.put('horatio')]]);
    for (; now < 40; now += 1) await profiles.find(managed, listed, now);
    assert.deepEqual(asked, [0, 2, 6, 14, 24, 34]);
    listed.set(horatio, toolstack.put('horatio'));
    await profiles.find(managed, listed, now);
    assert.equal(asked.at(-1), 40, 'another one is asked for at once');
  });
});
