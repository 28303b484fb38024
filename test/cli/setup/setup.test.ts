import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadDom0Settings } from '../../../config/dom0-settings.js';
import { loadGateSettings } from '../../../config/gate-settings.js';
import { loadPolicy } from '../../../config/policy-directory.js';
import { makeEd25519KeyPair } from '../../../server/gate/ssh/ed25519-key-pair.js';
import { HostKey } from '../../../server/gate/ssh/host-key.js';
import type { Halves } from '../../../server/cli/installation/installation.js';
import { setUp } from '../../../server/cli/setup/set-up.js';
import type { SetupAnswers } from '../../../server/cli/setup/set-up.js';
import { setupReportText } from '../../../server/cli/setup/setup-report.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('setup', () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = new TemporaryDirectory();
    directory.write('etc/hostname', 'verona.example.net\n');
  });

  afterEach(() => {
    directory.dispose();
  });

  /** @returns the output of the command */
  async function setup(halves: Halves, answers: Partial<SetupAnswers> = {}): Promise<string> {
    return setupReportText(await setUp(halves, { apply: true, ...answers, root: directory.path }));
  }

  const at = (path: string): string => join(directory.path, path);
  const read = (path: string): string => readFileSync(at(path), 'utf8');
  const all = (): string[] =>
    readdirSync(directory.path, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const content = entry.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'utf8');
        return `${path} ${entry.isSymbolicLink() ? '' : statSync(path).mode} ${content}`;
      })
      .sort();

  it('shows how to write a boot menu for each type of guest whose GRUB is there', async () => {
    directory.write('usr/sbin/xl', '');
    directory.write('usr/lib/grub-xen/grub-i386-xen_pvh.bin', '');
    directory.write('usr/lib/grub-xen/grub-x86_64-xen.bin', '');
    await setup('both');
    const text = read('etc/postern/dom0.yaml');
    const file = directory.write(
      'meant.yaml',
      text.replace(/^profiles: .*\n/m, '').replaceAll(/^# (profiles:| {2,}.*)$/gm, '$1'),
    );
    const meant = loadDom0Settings(file);
    assert.ok(meant.ok, JSON.stringify(meant));
    const { grub } = meant.settings.profiles as Readonly<Record<string, { readonly kernels?: unknown }>>;
    assert.deepEqual(grub?.kernels, {
      pv: '/usr/lib/grub-xen/grub-x86_64-xen.bin',
      pvh: '/usr/lib/grub-xen/grub-i386-xen_pvh.bin',
    });
  });

  it('shows what it would do, does it when told, and nothing twice', async () => {
    directory.write('usr/sbin/xl', '');
    directory.write('etc/xen/horatio.cfg', 'name = "horatio"\n');
    directory.write('srv/xen/rescue/vmlinuz-6.1', '');
    directory.write('srv/xen/rescue/initrd.img-6.1', '');
    const before = all();
    const shown = await setup('both', { apply: false });
    assert.match(shown, /^ok +toolstack: \/usr\/sbin\/xl$/m);
    assert.match(shown, /^make +\/etc\/systemd\/system\/postern-gate\.service$/m);
    assert.match(shown, /\d+ steps to do; nothing was changed yet: --apply does them/);
    assert.deepEqual(all(), before);

    const done = await setup('both');
    assert.match(done, /^done: \d+ steps$/m);
    const gate = loadGateSettings(at('etc/postern/gate.yaml'));
    const dom0 = loadDom0Settings(at('etc/postern/dom0.yaml'));
    assert.ok(gate.ok && dom0.ok);
    assert.deepEqual(gate.settings.hosts, [{ name: 'verona', socket: dom0.settings.socket }]);
    assert.equal(gate.settings.site, 'verona.example.net');
    assert.deepEqual(dom0.settings.toolstack.command, '/usr/sbin/xl');
    const [rescue] = Object.values(dom0.settings.profiles);
    assert.ok(rescue?.kind === 'direct');
    assert.equal(rescue.kernel, '/srv/xen/rescue/vmlinuz-6.1');
    assert.ok(loadPolicy(at('etc/postern/policy.d')).ok);
    assert.match(read('etc/sysusers.d/postern.conf'), /^u postern /m, 'and no user was made');
    assert.equal(readlinkSync(at('usr/local/sbin/postern')), '/opt/postern/server/postern');
    assert.equal(statSync(at('etc/postern/gate.yaml')).mode & 0o777, 0o640);
    assert.equal(statSync(at('var/lib/postern')).mode & 0o777, 0o700);

    const after = all();
    const again = await setup('both');
    assert.match(again, /^nothing to do$/m);
    assert.doesNotMatch(again, /^(make|update|mend|keep)/m);
    assert.deepEqual(all(), after);
  });

  it('lets the halves start with the machine when it first sets them up, and leaves that to the admin afterwards', async () => {
    const wants = 'etc/systemd/system/multi-user.target.wants';
    await setup('both');
    for (const unit of ['postern-dom0.service', 'postern-gate.service'])
      assert.equal(readlinkSync(at(`${wants}/${unit}`)), `/etc/systemd/system/${unit}`);
    rmSync(at(`${wants}/postern-gate.service`));
    assert.match(await setup('both'), /^nothing to do$/m);
    assert.ok(!existsSync(at(`${wants}/postern-gate.service`)), 'an admin who disabled it meant it');
    rmSync(at('etc'), { recursive: true });
    await setup('gate');
    assert.deepEqual(readdirSync(at(wants)), ['postern-gate.service']);
  });

  describe('with the Debian package', () => {
    const wants = 'etc/systemd/system/multi-user.target.wants';

    it('leaves units, user and command to the package, and lets the halves start with the machine', async () => {
      directory.write('usr/lib/postern/1.0.0/package.json', '');
      const done = await setup('both');
      assert.doesNotMatch(done, /sysusers|tmpfiles|\/usr\/local|system\/postern-/);
      assert.deepEqual(readdirSync(at('etc/systemd/system')), ['multi-user.target.wants']);
      for (const unit of ['postern-dom0.service', 'postern-gate.service'])
        assert.equal(readlinkSync(at(`${wants}/${unit}`)), `/usr/lib/systemd/system/${unit}`);
      assert.ok(loadGateSettings(at('etc/postern/gate.yaml')).ok);
      assert.match(await setup('both'), /^nothing to do$/m);
    });

    it('takes away what a setup from source made, which would hide what the package has', async () => {
      await setup('both');
      const link = `${wants}/postern-host@xen2.service`;
      symlinkSync('/etc/systemd/system/postern-host@.service', at(link));
      // The unit of an earlier version, and one that is masked.
      const unit = at('etc/systemd/system/postern-gate.service');
      const older = read('etc/systemd/system/postern-gate.service').replace(
        'LimitNOFILE=262144',
        'LimitNOFILE=4096',
      );
      const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
      const sums = at('etc/postern/setup.sums');
      writeFileSync(sums, readFileSync(sums, 'utf8').replace(sum(readFileSync(unit, 'utf8')), sum(older)));
      writeFileSync(unit, older);
      rmSync(at('etc/systemd/system/postern-dom0.service'));
      symlinkSync('/dev/null', at('etc/systemd/system/postern-dom0.service'));
      const settings = read('etc/postern/gate.yaml');
      directory.write('usr/lib/postern/1.0.0/package.json', '');

      const shown = await setup('both', { apply: false });
      assert.match(
        shown,
        /^remove +\/etc\/systemd\/system\/postern-gate\.service: a setup from source wrote it/m,
      );
      assert.ok(existsSync(unit));
      await setup('both');
      for (const file of [
        'sysusers.d/postern.conf',
        'tmpfiles.d/postern.conf',
        'systemd/system/postern-gate.service',
      ])
        assert.ok(!existsSync(at(`etc/${file}`)), file);
      assert.throws(() => readlinkSync(at('usr/local/sbin/postern')), /ENOENT/);
      assert.equal(readlinkSync(at('etc/systemd/system/postern-dom0.service')), '/dev/null');
      assert.equal(
        readlinkSync(at(`${wants}/postern-gate.service`)),
        '/usr/lib/systemd/system/postern-gate.service',
      );
      assert.equal(readlinkSync(at(link)), '/usr/lib/systemd/system/postern-host@.service');
      assert.equal(read('etc/postern/gate.yaml'), settings);
      assert.match(await setup('both'), /^nothing to do$/m);
    });

    it('lets start again what a purge took from systemd, and nothing that the admin disabled', async () => {
      directory.write('usr/lib/postern/1.0.0/package.json', '');
      await setup('both');
      const purged = [
        `${wants}/postern-gate.service`,
        `${wants}/postern-host@xen2.service`,
        'etc/systemd/system/sockets.target.wants/postern-gate.socket',
      ];
      // The dom0 half was disabled by hand before.
      for (const unit of ['postern-dom0.service', 'postern-gate.service']) rmSync(at(`${wants}/${unit}`));
      const lines = purged.map((path) => path.replace('etc/systemd/system/', ''));
      const others = ['../../cron.d/x', 'multi-user.target.wants/ssh.service', ''];
      directory.write('etc/postern/start-again', [...lines, ...others].join('\n'));

      assert.match(await setup('dom0'), /^nothing to do$/m, 'another half');
      assert.match(
        await setup('both', { apply: false }),
        /^make +\/etc\/systemd\/system\/multi-user\.target\.wants\/postern-gate\.service$/m,
      );
      await setup('both');
      assert.deepEqual(
        purged.map((path) => readlinkSync(at(path))),
        ['gate.service', 'host@.service', 'gate.socket'].map(
          (unit) => `/usr/lib/systemd/system/postern-${unit}`,
        ),
      );
      assert.deepEqual(readdirSync(at(wants)).sort(), ['postern-gate.service', 'postern-host@xen2.service']);
      assert.ok(!existsSync(at('etc/postern/start-again')));
      rmSync(at(`${wants}/postern-gate.service`));
      assert.match(await setup('both'), /^nothing to do$/m);
    });

    it('leaves what the admin edited, and says that it hides the package’s', async () => {
      await setup('gate');
      appendFileSync(at('etc/systemd/system/postern-gate.service'), 'Environment=A=1\n');
      rmSync(at('usr/local/sbin/postern'));
      directory.write('usr/local/sbin/postern', 'my own');
      directory.write('usr/lib/postern/1.0.0/package.json', '');
      const done = await setup('gate');
      assert.match(
        done,
        /^WRONG +\/etc\/systemd\/system\/postern-gate\.service: it was edited, and hides the unit of the package: put your lines into a drop-in \(systemctl edit postern-gate\.service\), and remove it$/m,
      );
      assert.match(done, /^WRONG +\/usr\/local\/sbin\/postern: it is not as setup wrote it/m);
      assert.match(read('etc/systemd/system/postern-gate.service'), /Environment=A=1/);
      assert.equal(read('usr/local/sbin/postern'), 'my own');
    });
  });

  it('leads to a rescue system with a network: it names the command, then takes the image that is there', async () => {
    assert.match(await setup('dom0'), /^ +postern rescue-image build +# .*docs\/rescue-images\.md$/m);
    assert.match(
      read('etc/postern/dom0.yaml'),
      /^# No rescue system was found\. Make one: `postern rescue-image build`/m,
    );
    assert.doesNotMatch(await setup('gate'), /rescue/, 'the gate boots nothing');

    // The admin did so, and did not paste the profile yet.
    const current = 'srv/xen/rescue-image/current';
    directory.write(`${current}/profile.yaml`, '');
    assert.match(
      await setup('dom0'),
      new RegExp(
        `^ +cat /${current}/profile\\.yaml +# paste it below profiles: of /etc/postern/dom0\\.yaml$`,
        'm',
      ),
    );

    // A host that had the image before its settings.
    rmSync(at('etc/postern'), { recursive: true });
    assert.match(await setup('dom0'), /^ +apt-get install xorriso xenstore-utils /m);
    const loaded = loadDom0Settings(at('etc/postern/dom0.yaml'));
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const [profile] = Object.values(loaded.settings.profiles);
    assert.ok(profile?.kind === 'direct');
    assert.equal(profile.kernel, `/${current}/vmlinuz`);
    assert.equal(profile.seed, 'asker');
    const file = directory.write(
      'with-seeds.yaml',
      read('etc/postern/dom0.yaml').replaceAll(/^# (seeds:| {2}.*)$/gm, '$1'),
    );
    const seeded = loadDom0Settings(file);
    assert.ok(seeded.ok, JSON.stringify(seeded));
    assert.equal(seeded.settings.seeds.networks[0]?.gateway, '192.0.2.1');
  });

  it('sets up each half alone', async () => {
    directory.write('etc/postern/dom0.yaml', 'host: xen9\n');
    await setup('both');
    assert.match(read('etc/postern/gate.yaml'), /name: xen9/, 'as dom0.yaml calls it');
    rmSync(at('etc'), { recursive: true });
    await setup('gate', { host: 'xen7' });
    assert.ok(!existsSync(at('etc/postern/dom0.yaml')));
    assert.ok(!existsSync(at('etc/systemd/system/postern-dom0.service')));
    assert.match(read('etc/postern/gate.yaml'), /socket: \/run\/postern-host-xen7\/dom0\.sock/);
    rmSync(at('etc/postern'), { recursive: true });
    rmSync(at('etc/systemd'), { recursive: true });
    await setup('dom0');
    assert.ok(!existsSync(at('etc/postern/gate.yaml')));
    assert.ok(!existsSync(at('etc/systemd/system/postern-gate.service')));
    const { ok } = loadDom0Settings(at('etc/postern/dom0.yaml'));
    assert.ok(ok, 'sound also where nothing of Xen was found');
  });

  it('finds xm, and configurations without an ending', async () => {
    directory.write('usr/sbin/xm', '');
    directory.write('etc/xen/goneril', 'name = "goneril"\n');
    directory.write('etc/xen/xend-config.sxp', '(xend-unix-server yes)\n');
    assert.match(await setup('dom0'), /^ok +domains: \/etc\/xen\/\*: 1 domains$/m);
    const loaded = loadDom0Settings(at('etc/postern/dom0.yaml'));
    assert.ok(loaded.ok);
    assert.deepEqual(loaded.settings.domains, ['/etc/xen/*']);
    assert.deepEqual(
      [loaded.settings.toolstack.kind, loaded.settings.toolstack.command],
      ['xm', '/usr/sbin/xm'],
    );
  });

  it('never overwrites what an admin edited, and says the difference; an older version of ours it replaces', async () => {
    await setup('both');
    appendFileSync(at('etc/postern/gate.yaml'), 'motd: Hello\n');
    appendFileSync(at('etc/systemd/system/postern-dom0.service'), '# my own line\n');
    // As an earlier version would have written it.
    const unit = at('etc/systemd/system/postern-gate.service');
    const current = readFileSync(unit, 'utf8');
    const older = current.replace('LimitNOFILE=262144', 'LimitNOFILE=4096');
    writeFileSync(unit, older);
    const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
    const sums = at('etc/postern/setup.sums');
    writeFileSync(sums, readFileSync(sums, 'utf8').replace(sum(current), sum(older)));
    chmodSync(at('etc/postern/dom0.yaml'), 0o666);
    chmodSync(at('etc/postern/policy.d/10-default.yaml'), 0o600);

    const done = await setup('both');
    assert.match(done, /^keep +\/etc\/postern\/gate\.yaml: it is yours, and stays as it is$/m);
    assert.doesNotMatch(done, /[-+] (motd|site|listen)/, 'an admin’s own settings are not shown as wrong');
    assert.match(done, /^keep +\/etc\/systemd\/system\/postern-dom0\.service: .*\n +- # my own line$/m);
    assert.match(
      done,
      /^update +\/etc\/systemd\/system\/postern-gate\.service: .*\n +- LimitNOFILE=4096\n +\+ LimitNOFILE=262144$/m,
    );
    assert.match(done, /^mend +\/etc\/postern\/dom0\.yaml \(mode 0666, to be 0640\)$/m);
    assert.match(read('etc/postern/gate.yaml'), /motd: Hello/);
    assert.match(read('etc/systemd/system/postern-dom0.service'), /# my own line/);
    assert.equal(readFileSync(unit, 'utf8'), current);
    assert.equal(
      statSync(at('etc/postern/policy.d/10-default.yaml')).mode & 0o777,
      0o600,
      'closer is theirs',
    );
    assert.match(await setup('both'), /^nothing to do$/m);
  });

  it('takes over an installation that was made by hand, and replaces its units by the next version’s', async () => {
    await setup('gate');
    rmSync(at('etc/postern/setup.sums'));
    assert.match(await setup('gate'), /^nothing to do$/m);
    assert.match(
      read('etc/postern/setup.sums'),
      /^[0-9a-f]{64} {2}\/etc\/systemd\/system\/postern-gate\.service$/m,
    );
  });

  it('adds no policy to an admin’s own, and touches nothing that is masked or in the way', async () => {
    directory.write('etc/postern/policy.d/mine.yaml', 'rules: []\n');
    mkdirSync(at('etc/systemd/system'), { recursive: true });
    symlinkSync('/dev/null', at('etc/systemd/system/postern-gate.service'));
    directory.write('usr/local/sbin/postern', 'something else');
    const done = await setup('gate');
    assert.match(
      done,
      /^WRONG +\/etc\/systemd\/system\/postern-gate\.service: it is there, and no regular file/m,
    );
    assert.match(done, /^WRONG +\/usr\/local\/sbin\/postern: it is there, and no link of ours/m);
    assert.deepEqual(readdirSync(at('etc/postern/policy.d')), ['mine.yaml']);
    assert.equal(readlinkSync(at('etc/systemd/system/postern-gate.service')), '/dev/null');
    assert.equal(read('usr/local/sbin/postern'), 'something else');
  });

  it('writes nothing out of an image, wherever its links lead', async () => {
    const outside = new TemporaryDirectory();
    try {
      mkdirSync(at('etc/systemd'), { recursive: true });
      symlinkSync(outside.path, at('etc/systemd/system'));
      symlinkSync(outside.path, at('etc/postern'));
      const done = await setup('both');
      assert.match(
        done,
        /^WRONG +\/etc\/systemd\/system\/postern-gate\.service: its directory is a link that leads out of/m,
      );
      assert.match(done, /^WRONG +\/etc\/postern\/gate\.yaml: its directory is a link/m);
      assert.deepEqual(readdirSync(outside.path), []);
    } finally {
      outside.dispose();
    }
  });

  it('imports the host key that customers know, and replaces none', async () => {
    const key = '/etc/ssh/ssh_host_ed25519_key';
    const pair = makeEd25519KeyPair('root@verona');
    directory.write(key, pair.privateFile);
    chmodSync(at(key), 0o644);
    const open = await setup('gate', { importHostKey: key });
    assert.match(open, /^WRONG .*is open to others/m);
    chmodSync(at(key), 0o600);
    const done = await setup('gate', { importHostKey: key });
    const imported = HostKey.read(at('var/lib/postern/ssh_host_ed25519_key'));
    assert.equal(imported.fingerprint, HostKey.read(at(key)).fingerprint);
    assert.equal(read('var/lib/postern/ssh_host_ed25519_key.pub'), pair.publicFile);
    assert.match(await setup('gate', { importHostKey: key }), /^nothing to do$/m);

    const other = directory.write('etc/ssh/other', makeEd25519KeyPair('').privateFile);
    chmodSync(other, 0o600);
    const refused = await setup('gate', { importHostKey: '/etc/ssh/other' });
    assert.match(refused, /^WRONG .*there is another host key already/m);
    assert.equal(HostKey.read(at('var/lib/postern/ssh_host_ed25519_key')).fingerprint, imported.fingerprint);
    assert.doesNotMatch(done + refused, /PRIVATE KEY/);
  });
});
