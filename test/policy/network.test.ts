import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { inNetworks, normalAddress, parseNetwork, sourceBucket } from '../../policy/network.js';
import { propertyRuns } from '../support/property-runs.js';

describe('networks', () => {
  const read: readonly (readonly [string, string | null, boolean?])[] = [
    ['203.0.113.0/24', '203.0.113.0/24'],
    ['203.0.113.7', '203.0.113.7/32'],
    ['203.0.113.7/24', '203.0.113.0/24', false],
    ['10.1.2.3/9', '10.0.0.0/9', false],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1/128'],
    ['2001:db8:0:8001::/49', '2001:db8:0:8000::/49', false],
    ['::/0', '::/0'],
    ['::ffff:203.0.113.7', '203.0.113.7/32'],
    ['::ffff:cb00:7107', '203.0.113.7/32'],
    ['::ffff:203.0.113.0/120', '203.0.113.0/24'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['203.0.113.0/33', null],
    ['203.0.113.0/024', null],
    ['203.0.113.0/-1', null],
    ['2001:db8::/129', null],
    ['::ffff:1.2.3.4/129', null],
    ['203.0.113', null],
    ['203.0.113.256', null],
    ['0203.0.113.7', null],
    ['fe80::1%eth0', null],
    ['example.net', null],
    ['203.0.113.0/24 ', null],
    ['', null],
    ['/24', null],
  ];
  for (const [given, text, exact = true] of read) {
    it(`reads ${JSON.stringify(given)} as ${text ?? 'none'}`, () => {
      assert.deepEqual(parseNetwork(given), text === null ? undefined : { text, exact });
    });
  }

  it('takes an IPv4 address in IPv6 clothes for what it is, and IPv6 for no part of IPv4', () => {
    for (const address of [
      '203.0.113.7',
      '::ffff:203.0.113.7',
      '::FFFF:cb00:7107',
      '::ffff:203.0.113.7%eth0',
    ])
      assert.ok(inNetworks(['203.0.113.0/24'], address), address);
    assert.ok(!inNetworks(['0.0.0.0/0'], '2001:db8::1'));
    assert.ok(!inNetworks(['::/0'], '::ffff:203.0.113.7'));
    // NAT64 and 6to4 addresses contain an IPv4 address, but come from somebody else.
    for (const address of ['64:ff9b::cb00:7107', '2002:cb00:7107::1', '::203.0.113.7'])
      assert.ok(!inNetworks(['203.0.113.0/24'], address), address);
    assert.equal(inNetworks(['0.0.0.0/0', '::/0'], 'not an address'), undefined);
  });

  it('is what BlockList of Node says, whatever the prefix', () => {
    const group = fc.oneof(fc.constantFrom(0, 0xffff), fc.nat(0xffff));
    const addresses = fc.oneof(
      fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }).map((bytes) => bytes.join('.')),
      fc
        .array(group, { minLength: 8, maxLength: 8 })
        .map((groups) => groups.map((one) => one.toString(16)).join(':')),
    );
    fc.assert(
      fc.property(addresses, addresses, fc.nat(128), (one, other, bits) => {
        const family = one.includes(':') ? 'ipv6' : 'ipv4';
        const prefix = family === 'ipv4' ? bits % 33 : bits;
        const parsed = parseNetwork(`${one}/${prefix}`);
        assert.ok(parsed !== undefined);
        assert.deepEqual(parseNetwork(parsed.text), { text: parsed.text, exact: true });
        const plain = (address: string): boolean =>
          (normalAddress(address) ?? '').includes(':') === (family === 'ipv6');
        // IPv4-mapped addresses are tested above.
        if (!plain(one) || parsed.text.includes(':') !== (family === 'ipv6')) return;
        const list = new BlockList();
        list.addSubnet(one, prefix, family);
        assert.ok(inNetworks([parsed.text], one));
        if (other.includes(':') === (family === 'ipv6') && plain(other))
          assert.equal(inNetworks([parsed.text], other), list.check(other, family));
      }),
      propertyRuns('networks', 2_000, 100_000),
    );
  });

  it('counts an IPv6 subscriber as one', () => {
    assert.equal(sourceBucket('203.0.113.7'), '203.0.113.7');
    assert.equal(sourceBucket('::ffff:203.0.113.7'), '203.0.113.7');
    assert.equal(sourceBucket('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
    assert.equal(sourceBucket('2001:db8:1:2:ffff::1'), '2001:db8:1:2::/64');
    assert.equal(sourceBucket('not known'), 'not known');
  });
});
