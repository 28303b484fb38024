import assert from 'node:assert/strict';
import { loadDom0Settings } from '../../config/dom0-settings.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const PROFILE = 'title: t, disks: d., kind: direct, kernel: /k';

describe('the seed disks of dom0.yaml', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  /** What is said against a network, or against the whole text. */
  function problems(text: string): readonly string[] {
    const loaded = loadDom0Settings(directory.write('dom0.yaml', `host: x\n${text}\n`));
    return loaded.ok ? [] : loaded.problems.map(({ message }) => message);
  }
  const ofNetwork = (text: string): readonly string[] => problems(`seeds: {networks: [{${text}}]}`);

  it('are read whole, with addresses in one form', () => {
    const text = [
      'host: x',
      `profiles: {ssh: {${PROFILE}, seed: owners}, plain: {${PROFILE}}}`,
      'seeds:',
      '  networks:',
      '    - {subnet: 192.0.2.0/24, gateway: 192.0.2.1, nameServers: [192.0.2.53], addresses: {horatio: 192.0.2.9}}',
      '    - {subnet: "2001:DB8:0:1::/64", bridge: xenbr0, gateway: "FE80::1"}',
    ].join('\n');
    const loaded = loadDom0Settings(directory.write('dom0.yaml', `${text}\n`));
    assert.ok(loaded.ok);
    const { profiles, seeds } = loaded.settings;
    assert.deepEqual(
      Object.values(profiles).map(({ seed }) => seed),
      ['owners', undefined],
    );
    assert.deepEqual(seeds, {
      command: '/usr/bin/xorriso',
      xenstoreRead: '/usr/bin/xenstore-read',
      networks: [
        {
          subnet: '192.0.2.0/24',
          bridge: null,
          gateway: '192.0.2.1',
          nameServers: ['192.0.2.53'],
          addresses: { horatio: '192.0.2.9' },
        },
        { subnet: '2001:db8:0:1::/64', bridge: 'xenbr0', gateway: 'fe80::1', nameServers: [], addresses: {} },
      ],
    });
  });

  it('have networks and addresses that are some', () => {
    assert.deepEqual(ofNetwork('subnet: 192.0.2.0/24'), []);
    assert.deepEqual(ofNetwork('subnet: 192.0.2.7'), ['"192.0.2.7" is no network.']);
    assert.deepEqual(ofNetwork('subnet: 192.0.2.7/24'), ['"192.0.2.7/24" has bits after its prefix.']);
    assert.deepEqual(ofNetwork('subnet: "192.0.2.0/24\\n[Route]"').length, 1);
    assert.deepEqual(ofNetwork('subnet: 192.0.2.0/24, gateway: "2001:db8::1"'), [
      '2001:db8::1 cannot be the gateway of 192.0.2.0/24: one is IPv4, one IPv6.',
    ]);
    assert.deepEqual(ofNetwork('subnet: 192.0.2.0/24, gateway: router'), ['"router" is no address.']);
    assert.deepEqual(ofNetwork('subnet: 192.0.2.0/24, nameServers: ["fe80::1%eth0"]'), [
      '"fe80::1%eth0" is no address.',
    ]);
    assert.deepEqual(ofNetwork('subnet: 192.0.2.0/24, addresses: {horatio: 198.51.100.7}'), [
      '198.51.100.7 is not in 192.0.2.0/24.',
    ]);
    assert.deepEqual(ofNetwork('subnet: 192.0.2.0/24, addresses: {"a b": 192.0.2.7}'), [
      'No domain can ever be called "a b".',
    ]);
  });

  it('never give one address to two domains', () => {
    assert.deepEqual(ofNetwork('subnet: 192.0.2.0/24, addresses: {horatio: 192.0.2.7, ophelia: 192.0.2.7}'), [
      '192.0.2.7 is the address of horatio.',
    ]);
  });

  it('say whose keys, and nothing else', () => {
    const seed = (value: string) => problems(`profiles: {ssh: {${PROFILE}, seed: ${value}}}`);
    assert.deepEqual(seed('asker'), []);
    assert.deepEqual(seed('null'), []);
    for (const value of ['everybody', 'true', '[owners]', '""']) assert.equal(seed(value).length, 1, value);
  });

  it('lie below a path that a disk specification can name', () => {
    const profiles = `profiles: {ssh: {${PROFILE}, seed: asker}}`;
    assert.deepEqual(problems(`state: "/var/lib/a,b"\n${profiles}`), [
      'With seed disks the path may have no comma: it stands in a disk specification.',
    ]);
    assert.deepEqual(problems(`state: "/var/lib/a,b"\nprofiles: {plain: {${PROFILE}}}`), []);
  });

  it('are made by a program whose path is absolute', () => {
    assert.deepEqual(problems('seeds: {command: xorriso}'), ['"xorriso" is not absolute.']);
  });
});
