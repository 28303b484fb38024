import assert from 'node:assert/strict';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDomainName } from '../../policy/names.js';
import type { CustomerName, DomainName } from '../../policy/names.js';
import { seedFiles } from '../../server/dom0/seed/seed-files.js';
import type { SeedFacts } from '../../server/dom0/seed/seed-files.js';
import { Xenstore } from '../../server/dom0/toolstack/xenstore.js';
import { XorrisoImage } from '../../server/dom0/seed/seed-image.js';
import { Host } from '../../server/simulator/host.js';
import { readIso } from '../../server/simulator/iso-image.js';
import { SimulatedXen } from '../support/simulated-xen.js';

const REAL = '/usr/bin/xorriso';
const KEY: SeedFacts['keys'][number] = {
  type: 'ssh-ed25519',
  base64: 'AAAAC3Nza',
  customer: 'alice' as CustomerName,
};
const INTERFACE: SeedFacts['interfaces'][number] = {
  name: 'eth0',
  mac: '00:16:3e:00:00:07',
  addresses: ['192.0.2.7/24'],
  gateways: [{ address: '192.0.2.1', isOnLink: false }],
  nameServers: ['192.0.2.53'],
};

describe('the seed disk of a simulated guest', () => {
  let xen: SimulatedXen;
  beforeEach(async () => {
    xen = await SimulatedXen.install({ timeScale: 0.03, domains: [{ name: 'horatio' }] });
  });
  afterEach(() => xen.remove());

  /** Makes a seed disk, with the program that is at `command`. */
  async function seed(command: string, more: Partial<SeedFacts>): Promise<string> {
    const facts: SeedFacts = {
      instance: '3f1c2a44-7e1d-4c0b-9a65-0d6c1f0f7e11',
      domain: parseDomainName('horatio') as DomainName,
      keys: [],
      interfaces: [],
      ...more,
    };
    const sources = new Map<string, string>();
    for (const [name, text] of seedFiles(facts)) {
      sources.set(name, join(xen.host.directory, `part.${name}`));
      await writeFile(sources.get(name) ?? '', text);
    }
    const image = join(xen.host.directory, 'seed.iso');
    await writeFile(image, '');
    assert.equal(await new XorrisoImage(command).make(image, sources), null);
    const iso = readIso(await readFile(image));
    assert.equal(iso?.label, 'CIDATA');
    assert.deepEqual(new Map([...iso.files].sort()), new Map([...seedFiles(facts)].sort()));
    return image;
  }

  /** Boots the rescue system with a disk at xvdy, and returns what it said up to its shell. */
  async function said(image: string, access = 'r'): Promise<string> {
    await xen.xl(
      'create',
      '-q',
      xen.config('horatio'),
      `kernel="${xen.host.rescueKernel}"`,
      `ramdisk="${xen.host.rescueRamdisk}"`,
      'extra="console=hvc0 rescue"',
      `disk=["file:${image},xvdy,${access}"]`,
    );
    const console = xen.console('horatio');
    await console.receives('BusyBox');
    return console.raw.replaceAll('\r', '');
  }

  it('tells it host name, network and keys', async () => {
    const image = await seed(xen.host.xorriso, { keys: [KEY, KEY], interfaces: [INTERFACE] });
    assert.match(
      await said(image),
      /host name: horatio\nnetwork: 192\.0\.2\.7\/24 by 192\.0\.2\.1\nSSH runs for root, with 2 keys of alice\.\n/,
    );
  });

  it('says its host key on the console and in the store, another at each boot', async () => {
    const image = await seed(xen.host.xorriso, { keys: [KEY] });
    const [, onConsole] = /^SSH host key (SHA256:\S{43}) \(ED25519\)$/m.exec(await said(image)) ?? [];
    const horatio = new Host(xen.host.directory).domains()[0] ?? assert.fail();
    const store = new Xenstore(xen.host.xenstoreRead);
    assert.equal(await store.hostKey(horatio), onConsole);
    assert.equal(await store.hostKey({ ...horatio, uuid: '00000000-7e1d-4c0b-9a65-0d6c1f0f7e11' }), null);
    assert.equal(await store.hostKey({ ...horatio, domid: 99 }), null);
  });

  it('lets nobody in by SSH without a key', async () => {
    assert.match(
      await said(await seed(xen.host.xorriso, {})),
      /host name: horatio\nnetwork: none set, asking by DHCP\nSSH does not run: the seed disk has no key\.\n/,
    );
  });

  it('counts only where it is read-only: a disk of the customer tells the guest nothing', async () => {
    assert.doesNotMatch(await said(await seed(xen.host.xorriso, { keys: [KEY] }), 'w'), /SSH/);
  });

  it('is read alike from the real xorriso', async function () {
    const has = await access(REAL).then(
      () => true,
      () => false,
    );
    if (!has) this.skip();
    await seed(REAL, { keys: [KEY], interfaces: [INTERFACE] });
  });
});
