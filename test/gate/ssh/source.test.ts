import assert from 'node:assert/strict';
import { sourceOf } from '../../../server/gate/ssh/source.js';

describe('gate/ssh: sources', () => {
  const table: [string, string, string][] = [
    ['192.0.2.7', '192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::6', '2001:0db8:0001:0002::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::1', '::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80:0:0:0::/64'],
    ['1::', '1::', '1:0:0:0::/64'],
  ];
  for (const [remote, address, bucket] of table) {
    it(`${remote} counts as ${bucket}`, () => {
      assert.deepEqual(sourceOf(remote), { address, bucket });
    });
  }
});
