import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { KEY_TYPES } from '../../../policy/key-types.js';
import { parseCustomerName, parseDomainName } from '../../../policy/names.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import { hostName, seedFiles } from '../../../server/dom0/seed/seed-files.js';
import type { SeedFacts } from '../../../server/dom0/seed/seed-files.js';
import { propertyRuns } from '../../support/property-runs.js';
import { Random } from '../../support/random.js';

const ID = '3f1c2a44-7e1d-4c0b-9a65-0d6c1f0f7e11';
const domain = (name: string) => parseDomainName(name) as DomainName;

function files(more: Partial<SeedFacts> = {}): ReadonlyMap<string, string> {
  return seedFiles({ instance: ID, domain: domain('horatio'), keys: [], interfaces: [], ...more });
}

const KEYS: SeedFacts['keys'] = [
  { type: 'ssh-ed25519', base64: 'AAAAC3Nza', customer: 'alice' as CustomerName },
  { type: 'ssh-rsa', base64: 'AAAAB3Nza', customer: 'bob' as CustomerName },
];

describe('seedFiles', () => {
  it('tells the host name and a new instance, and no network or key when there is none', () => {
    const made = files();
    assert.deepEqual([...made.keys()], ['meta-data', 'user-data', 'hostname']);
    assert.deepEqual(parse(made.get('meta-data') ?? ''), {
      'instance-id': ID,
      'local-hostname': 'horatio',
    });
    assert.equal(made.get('hostname'), 'horatio\n');
    assert.deepEqual(parse(made.get('user-data') ?? ''), {
      disable_root: false,
      ssh_pwauth: false,
      ssh_authorized_keys: [],
    });
  });

  it('has the keys twice: for cloud-init and as a plain file', () => {
    const made = files({ keys: KEYS });
    const lines = ['ssh-ed25519 AAAAC3Nza alice', 'ssh-rsa AAAAB3Nza bob'];
    assert.equal(made.get('authorized_keys'), `${lines.join('\n')}\n`);
    const text = made.get('user-data') ?? '';
    assert.match(text, /^#cloud-config\n/);
    assert.deepEqual((parse(text) as { ssh_authorized_keys: unknown }).ssh_authorized_keys, lines);
  });

  it('has the network twice: as netplan reads it, and the first interface as systemd-networkd does', () => {
    const interfaces = [
      {
        name: 'eth0',
        mac: '00:16:3e:00:00:07',
        addresses: ['198.51.100.7/32', '2001:db8::7/64'],
        gateways: [
          { address: '192.0.2.1', isOnLink: true },
          { address: 'fe80::1', isOnLink: false },
        ],
        nameServers: ['192.0.2.53'],
      },
      {
        name: 'eth1',
        mac: '00:16:3e:00:00:08',
        addresses: ['203.0.113.7/24'],
        gateways: [],
        nameServers: [],
      },
    ];
    const made = files({ interfaces });
    assert.deepEqual(parse(made.get('network-config') ?? ''), {
      version: 2,
      ethernets: {
        eth0: {
          match: { macaddress: '00:16:3e:00:00:07' },
          'set-name': 'eth0',
          dhcp4: false,
          dhcp6: false,
          addresses: ['198.51.100.7/32', '2001:db8::7/64'],
          gateway6: 'fe80::1',
          routes: [{ to: '0.0.0.0/0', via: '192.0.2.1', 'on-link': true }],
          nameservers: { addresses: ['192.0.2.53'] },
        },
        eth1: {
          match: { macaddress: '00:16:3e:00:00:08' },
          'set-name': 'eth1',
          dhcp4: false,
          dhcp6: false,
          addresses: ['203.0.113.7/24'],
          routes: [],
          nameservers: { addresses: [] },
        },
      },
    });
    assert.equal(
      made.get('network'),
      '[Match]\nMACAddress=00:16:3e:00:00:07\n\n[Network]\nDHCP=no\nAddress=198.51.100.7/32\nAddress=2001:db8::7/64\nDNS=192.0.2.53\n\n[Route]\nGateway=192.0.2.1\nGatewayOnLink=yes\n\n[Route]\nGateway=fe80::1\n',
    );
  });

  it('finds the interface by its kind where the configuration has no MAC', () => {
    const one = { name: 'eth0', mac: null, addresses: ['192.0.2.7/24'], gateways: [], nameServers: [] };
    const made = files({ interfaces: [one] });
    const read = parse(made.get('network-config') ?? '') as { ethernets: { eth0: object } };
    assert.deepEqual(read.ethernets.eth0, {
      match: { name: 'e*' },
      dhcp4: false,
      dhcp6: false,
      addresses: ['192.0.2.7/24'],
      routes: [],
      nameservers: { addresses: [] },
    });
    assert.match(made.get('network') ?? '', /^\[Match\]\nName=e\*\n/);
  });

  it('is right YAML with one line for each key, whatever the domain and the customers are called', () => {
    const { numRuns, seed } = propertyRuns('seed files', 500, 50_000);
    const random = new Random(seed);
    const letters = Array.from('abcxyzABCXYZ0189._+-');
    const word = (most: number): string =>
      Array.from({ length: 1 + random.below(most) }, () => random.of(letters)).join('');
    const NAMES = [
      'null',
      'true',
      'yes',
      'no',
      'on',
      '~x',
      '1e3',
      '0x1f',
      '0o7',
      '1_000',
      '12:30:45',
      '.inf',
      '2026-11-30',
    ];
    let made = 0;
    for (let run = 0; run < numRuns; run += 1) {
      const name = parseDomainName(random.percent(10) ? random.of(NAMES) : word(63));
      if (name === undefined) continue;
      made += 1;
      const keys = Array.from({ length: random.below(5) }, () => ({
        type: random.of(KEY_TYPES),
        base64: Buffer.from(word(40)).toString('base64'),
        customer: parseCustomerName(word(20).toLowerCase()) ?? ('alice' as CustomerName),
      }));
      const found = files({ domain: name, keys });
      const lines = keys.map(({ type, base64, customer }) => `${type} ${base64} ${customer}`);
      for (const version of ['1.1', '1.2'] as const) {
        const read = (file: string): unknown => parse(found.get(file) ?? '', { version, strict: true });
        assert.deepEqual(read('meta-data'), { 'instance-id': ID, 'local-hostname': hostName(name) });
        const told = { disable_root: false, ssh_pwauth: false, ssh_authorized_keys: lines };
        assert.deepEqual(read('user-data'), told, `${name}, YAML ${version}`);
      }
      assert.match(hostName(name), /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
      assert.equal(found.get('hostname'), `${hostName(name)}\n`);
      assert.equal(found.get('authorized_keys'), lines.length === 0 ? undefined : `${lines.join('\n')}\n`);
    }
    assert.ok(made > numRuns / 4, `${made} names`);
  });

  it('makes a host name of every name that a domain may have', () => {
    const names: Readonly<Record<string, string>> = {
      horatio: 'horatio',
      'Web.Example+2_b': 'web-example-2-b',
      null: 'null',
      '1e3': '1e3',
      'a._.': 'a',
      [`a${'-'.repeat(62)}`]: 'a',
    };
    for (const [name, host] of Object.entries(names)) {
      assert.equal(hostName(domain(name)), host, name);
      const meta = parse(files({ domain: domain(name) }).get('meta-data') ?? '') as Record<string, unknown>;
      assert.equal(meta['local-hostname'], host, name);
    }
  });
});
