import assert from 'node:assert/strict';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import type { BootProfileName } from '../../policy/names.js';
import type { ProfileSettings } from '../../server/dom0/boot/boot-profiles.js';
import type { OperationView, WireRefusal } from '../../server/wire/operation.js';
import { operationRequest } from '../support/dom0-client.js';
import { Dom0UnderTest } from '../support/dom0-under-test.js';

const words = { title: 't', disks: 'd.', hint: '' };
const CD = '/srv/r.iso,raw,hdc,cdrom';
const PROFILES: Readonly<Record<string, ProfileSettings>> = {
  grubs: {
    ...words,
    kind: 'disk',
    types: ['pv', 'pvh'],
    disk: 'file:/r.img,xvdz,r',
    kernel: null,
    kernels: { pv: '/grub-pv', pvh: '/grub-pvh' },
    bootloader: null,
  },
  cd: { ...words, kind: 'cdrom', types: ['hvm'], disk: CD },
};
const HVM = 'type = "hvm"\nkernel = "/usr/lib/xen/boot/hvmloader"\n';
const SERIAL = 'serial = "pty"\n';

describe('a dom0 half and the types of guests', () => {
  let house: Dom0UnderTest;
  /** Whether each shutdown or reboot came with leave to press the ACPI button. */
  let acpi: (boolean | undefined)[] = [];

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio']);
    await house.configure('laertes', 'type = "pvh"\n');
    await house.configure('claudius', HVM + SERIAL);
    await house.configure('polonius', HVM);
    house.settings = { ...house.settings, profiles: { ...house.settings.profiles, ...PROFILES } };
    acpi = [];
    for (const verb of ['shutdown', 'reboot'] as const)
      house.toolstack.on.set(verb, (name, call) => {
        acpi.push(call.acpi);
        house.toolstack.domains.delete(name);
        if (verb === 'reboot') house.toolstack.put(name);
        return Promise.resolve(null);
      });
  });
  afterEach(() => house.dispose());

  const refused = async (...request: Parameters<typeof operationRequest>): Promise<WireRefusal> => {
    const answer = await house.client.submit(operationRequest(...request));
    if ('phase' in answer) assert.fail(JSON.stringify(answer));
    return answer;
  };
  /** Asks for the console, and is refused. */
  const attach = (domain: string): Promise<{ status: number | undefined; no: WireRefusal }> =>
    new Promise((resolve, reject) => {
      const asking = request({
        socketPath: house.settings.socket,
        path: `/domains/${domain}/console?mode=watch&cols=80&rows=24&label=me`,
        headers: { connection: 'Upgrade', upgrade: 'postern-console' },
      });
      asking.on('error', reject).on('upgrade', () => {
        reject(new Error('it was attached'));
      });
      asking.on('response', (answer) => {
        const status = answer.statusCode;
        json(answer).then((no) => {
          resolve({ status, no: no as WireRefusal });
        }, reject);
      });
      asking.end();
    });
  const rescue = (domain: string, profile: string): Promise<OperationView> =>
    house.client.run(domain, 'rescue', { profile: profile as BootProfileName });
  const facts = async (domain: string): Promise<unknown[]> => {
    const { type, textConsole, profiles } = await house.client.domain(domain);
    return [type, textConsole, profiles];
  };

  it('shows the type of what is off by its file, with the profiles that boot it', async () => {
    await house.start();
    assert.deepEqual(await facts('horatio'), ['pv', true, ['rescue', 'grubs']]);
    assert.deepEqual(await facts('laertes'), ['pvh', true, ['rescue', 'grubs']]);
    assert.deepEqual(await facts('claudius'), ['hvm', true, ['cd']]);
    assert.deepEqual(await facts('polonius'), ['hvm', false, ['cd']]);
  });

  it('shows the type of what runs by xl, whatever its file says by now; it boots what its file says', async () => {
    house.toolstack.put('laertes');
    house.toolstack.put('claudius');
    house.toolstack.guests.set('claudius', { type: 'hvm', textConsole: false });
    await house.start();
    assert.deepEqual(await facts('laertes'), ['pv', true, ['rescue', 'grubs']]);
    assert.deepEqual(await facts('claudius'), ['hvm', false, ['cd']]);
    house.toolstack.domains.delete('claudius');
    await house.until(
      'it is off',
      () => facts('claudius'),
      ([, textConsole]) => textConsole === true,
    );
  });

  it('keeps the type of what we booted over a change of its file and a restart', async () => {
    await house.start();
    assert.equal((await house.client.run('laertes', 'start')).phase, 'done');
    await house.configure('laertes', HVM);
    await house.until(
      'the file is read',
      () => facts('laertes'),
      ([, , profiles]) => String(profiles) === 'cd',
    );
    assert.deepEqual((await facts('laertes')).slice(0, 2), ['pvh', true]);
    await house.stop();
    await house.start();
    assert.deepEqual(await facts('laertes'), ['pvh', true, ['cd']]);
    assert.equal((await house.client.run('laertes', 'shutdown')).phase, 'done');
    await house.until(
      'it is off',
      () => facts('laertes'),
      ([type, textConsole]) => type === 'hvm' && textConsole === false,
    );
  });

  for (const [domain, profile, message] of [
    ['laertes', 'cd', 'This server is PVH, and the boot profile cd is for HVM only. Choose another.'],
    [
      'claudius',
      'rescue',
      'This server is HVM, and the boot profile rescue is for PV and PVH only. Choose another.',
    ],
    [
      'claudius',
      'grubs',
      'This server is HVM, and the boot profile grubs is for PV and PVH only. Choose another.',
    ],
  ] as const) {
    it(`refuses ${profile} for ${domain} before anything is stopped`, async () => {
      house.toolstack.put(domain);
      await house.start();
      const no = await refused(domain, 'rescue', { profile });
      assert.deepEqual([no.code, no.message], ['not-on-this-host', message]);
      assert.deepEqual(house.toolstack.calls, []);
      assert.equal((await house.client.domain(domain)).observation.state, 'running');
    });
  }

  it('knows the rescue disk of a PVH domain by the image for PVH', async () => {
    house.toolstack.put('laertes');
    house.toolstack.guests.set('laertes', { type: 'pvh', textConsole: true });
    const own = { target: `${house.directory}/laertes.img`, vdev: 'xvda', writable: true };
    const disks = [{ target: '/r.img', vdev: 'xvdz', writable: false }, own];
    const boot = { ramdisk: null, cmdline: null, bootloader: null, disks };
    house.toolstack.long.set('laertes', { ...boot, kernel: '/grub-pvh' });
    await house.start();
    assert.equal((await house.client.domain('laertes')).observation.profile, 'grubs');
    house.toolstack.put('laertes');
    house.toolstack.long.set('laertes', { ...boot, kernel: '/grub-pv' });
    await house.until(
      'it was booted otherwise',
      () => house.client.domain('laertes'),
      ({ observation }) => observation.profile === 'unknown',
    );
  });

  it('boots an HVM domain from the CD, its disk behind it, and back again', async () => {
    house.toolstack.put('claudius');
    house.toolstack.guests.set('claudius', { type: 'hvm', textConsole: true });
    await house.start();
    assert.equal((await rescue('claudius', 'cd')).phase, 'done');
    assert.deepEqual(house.toolstack.creations[0]?.overrides, [
      { key: 'boot', value: 'd' },
      { key: 'disk', value: [`file:${house.directory}/claudius.img,xvda,w`, CD] },
    ]);
    assert.equal((await house.client.domain('claudius')).observation.profile, 'cd');
    assert.equal((await house.client.run('claudius', 'normal')).phase, 'done');
    assert.deepEqual(house.toolstack.creations[1]?.overrides, []);
    assert.deepEqual(acpi, [true, true], 'with the power button');
  });

  it('presses the button of HVM guests alone, and not where the settings forbid it', async () => {
    house.toolstack.guests.set('claudius', { type: 'hvm', textConsole: true });
    for (const name of ['horatio', 'claudius']) house.toolstack.put(name);
    await house.start();
    for (const name of ['horatio', 'claudius']) {
      assert.equal((await house.client.run(name, 'reboot')).phase, 'done');
      assert.equal((await house.client.run(name, 'shutdown')).phase, 'done');
    }
    assert.deepEqual(acpi, [false, false, true, true]);
    await house.stop();
    house.settings = { ...house.settings, acpiButton: false };
    house.toolstack.put('claudius');
    await house.start();
    assert.equal((await house.client.run('claudius', 'shutdown')).phase, 'done');
    assert.equal(acpi.at(-1), false);
  });

  it('starts no console client where there is no text console, and refuses to attach with a sentence', async () => {
    await house.start();
    house.toolstack.guests.set('polonius', { type: 'hvm', textConsole: false });
    assert.equal((await house.client.run('polonius', 'start')).phase, 'done');
    assert.equal((await house.client.domain('polonius')).observation.state, 'running');
    assert.deepEqual(house.consoles.attached, []);
    const told = house.consoles.told.filter(({ name }) => name === 'polonius');
    assert.ok(told.some(({ state }) => state === 'running'));
    assert.ok(told.every(({ incarnation }) => incarnation === null));
    const answer = await attach('polonius');
    assert.equal(answer.status, 409);
    assert.equal(
      answer.no.message,
      "This server has no text console: its configuration file has no `serial`. Ask the host's operators.",
    );
    assert.equal((await house.client.run('claudius', 'start')).phase, 'done');
    assert.deepEqual(
      house.consoles.attached.map(({ name }) => name),
      ['claudius'],
    );
  });
});
