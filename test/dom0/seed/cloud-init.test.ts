import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDomainName } from '../../../policy/names.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import { seedFiles } from '../../../server/dom0/seed/seed-files.js';

/**
 * `test/fixtures/seed` holds the files as cloud-init 22.4.2 of Debian 12 took them: `cloud-init schema` finds nothing
 * wrong with user-data, and its renderers for netplan, networkd and ifupdown write this network. Whoever changes a
 * file asks cloud-init again.
 */
const FIXTURE = new URL('../../../../test/fixtures/seed/', import.meta.url);

describe('the files for cloud-init', () => {
  it('are those that cloud-init was asked about', () => {
    const files = seedFiles({
      instance: '3f1c2a44-7e1d-4c0b-9a65-0d6c1f0f7e11',
      domain: parseDomainName('horatio') as DomainName,
      keys: [
        {
          type: 'ssh-ed25519',
          base64: 'AAAAC3NzaC1lZDI1NTE5AAAAIJs8Z3gnX0nG1YxqH9q6wN3m4vQvZyQm8v0bQ7kqGm1T',
          customer: 'alice' as CustomerName,
        },
      ],
      interfaces: [
        {
          name: 'eth0',
          mac: '00:16:3e:00:00:07',
          addresses: ['192.0.2.7/24', '2001:db8:1::7/64'],
          gateways: [
            { address: '192.0.2.1', isOnLink: false },
            { address: 'fe80::1', isOnLink: false },
          ],
          nameServers: ['192.0.2.53'],
        },
      ],
    });
    for (const name of ['meta-data', 'user-data', 'network-config'])
      assert.equal(files.get(name), readFileSync(fileURLToPath(new URL(name, FIXTURE)), 'utf8'), name);
  });
});
