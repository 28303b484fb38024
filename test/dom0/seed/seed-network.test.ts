import assert from 'node:assert/strict';
import { parseDomainName } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import { seedInterfaces } from '../../../server/dom0/seed/seed-network.js';
import type { SeedNetwork } from '../../../policy/seed-network.js';
import type { Nic } from '../../../server/dom0/toolstack/toolstack.js';

const HORATIO = parseDomainName('horatio') as DomainName;
const MAC = '00:16:3e:00:00:07';
const OTHER = '00:16:3e:00:00:08';

function network(subnet: string, more: Partial<SeedNetwork> = {}): SeedNetwork {
  return { subnet, bridge: null, gateway: null, nameServers: [], addresses: {}, ...more };
}

function nic(ip: string | null, more: Partial<Nic> = {}): Nic {
  return { mac: MAC, bridge: 'xenbr0', ip, ...more };
}

const found = (nics: readonly Nic[], ...networks: readonly SeedNetwork[]) =>
  seedInterfaces(HORATIO, nics, networks);

describe('seedInterfaces', () => {
  const four = network('192.0.2.0/24', { gateway: '192.0.2.1', nameServers: ['192.0.2.53', '2001:db8::53'] });
  const six = network('2001:db8:1::/64', { gateway: 'fe80::1', nameServers: ['2001:db8::53'] });

  it('takes the addresses of the vif, and the rest from their networks', () => {
    assert.deepEqual(found([nic('192.0.2.7 2001:db8:1::7')], four, six), [
      {
        name: 'eth0',
        mac: MAC,
        addresses: ['192.0.2.7/24', '2001:db8:1::7/64'],
        gateways: [
          { address: '192.0.2.1', isOnLink: false },
          { address: 'fe80::1', isOnLink: false },
        ],
        nameServers: ['192.0.2.53', '2001:db8::53'],
      },
    ]);
  });

  it('takes the address that the settings give where the vif has none, and once', () => {
    const given = { ...four, addresses: { [HORATIO]: '192.0.2.9' } };
    const addresses = (nics: readonly Nic[]) => found(nics, given).map((each) => each.addresses);
    assert.deepEqual(addresses([nic(null)]), [['192.0.2.9/24']]);
    assert.deepEqual(addresses([nic('192.0.2.7')]), [['192.0.2.7/24']]);
    assert.deepEqual(addresses([nic('198.51.100.7')]), [['192.0.2.9/24']]);
    assert.deepEqual(addresses([nic(null), nic(null, { mac: OTHER })]), [['192.0.2.9/24']]);
    assert.deepEqual(addresses([]), []);
  });

  it('says that a gateway outside the subnet is on the link', () => {
    const routed = network('198.51.100.7/32', { gateway: '192.0.2.1' });
    assert.deepEqual(found([nic('198.51.100.7/32')], routed)[0]?.gateways, [
      { address: '192.0.2.1', isOnLink: true },
    ]);
  });

  it('gives one route to everywhere for each of IPv4 and IPv6', () => {
    const second = network('198.51.100.0/24', { gateway: '198.51.100.1' });
    assert.deepEqual(
      found([nic('192.0.2.7'), nic('198.51.100.7', { mac: OTHER })], four, second).map((each) => [
        each.name,
        each.gateways,
      ]),
      [
        ['eth0', [{ address: '192.0.2.1', isOnLink: false }]],
        ['eth1', []],
      ],
    );
  });

  it('looks at the bridge, where a network is for one', () => {
    const elsewhere = { ...four, bridge: 'xenbr1' };
    assert.deepEqual(found([nic('192.0.2.7')], elsewhere), []);
    assert.equal(found([nic('192.0.2.7', { bridge: 'xenbr1' })], elsewhere).length, 1);
  });

  it('leaves out an interface that cannot be told from others, and addresses of no network', () => {
    assert.deepEqual(found([nic('192.0.2.7', { mac: null })], four)[0]?.mac, null);
    assert.deepEqual(found([nic('192.0.2.7', { mac: null }), nic('192.0.2.8')], four).length, 1);
    assert.deepEqual(found([nic('203.0.113.7')], four, six), []);
  });

  it('lets no other word through', () => {
    const words = [
      '192.0.2.7\n[Network]',
      "192.0.2.7'; reboot; '",
      '192.0.2.7,192.0.2.8',
      '192.0.2.07',
      '0xc0000207',
      '192.0.2',
      'fe80::1%eth0',
      '$(reboot)',
      '"x": [',
    ];
    for (const word of words) {
      assert.deepEqual(found([nic(word)], four, six), [], word);
      assert.deepEqual(found([nic('192.0.2.7', { mac: word })], four)[0]?.mac, null, word);
    }
  });
});
