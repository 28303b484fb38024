import assert from 'node:assert/strict';
import { readDomainConfig } from '../../../server/dom0/config/domain-config.js';
import { readingsIn, storedReadings } from '../../../server/dom0/config/stored-readings.js';

const FILE = '/etc/xen/horatio.cfg';

describe('the stored readings of configurations', () => {
  const config = readDomainConfig(FILE, 'name = "horatio"\nkernel = "/k"\n');
  if (typeof config === 'string') throw new Error(config);
  const nics = [{ mac: '00:16:3e:00:00:07', bridge: 'xenbr0', ip: '192.0.2.7' }];
  const outcome = { ...config, nics };
  const text = storedReadings([
    [FILE, { outcome, lastSound: outcome, guess: null, stamp: 'a stamp', boot: 'a boot' }],
  ]);

  it('have the network interfaces', () => {
    const found = readingsIn(text).get(FILE);
    assert.deepEqual(found?.outcome, outcome);
    assert.equal(found.stamp, 'a stamp');
  });

  it('of an earlier dom0, which knew of none, count until the files are read again', () => {
    const found = readingsIn(text.replaceAll(`,"nics":${JSON.stringify(nics)}`, '')).get(FILE);
    assert.deepEqual(found?.outcome, { ...outcome, nics: [] });
    assert.equal(found.stamp, '');
  });
});
