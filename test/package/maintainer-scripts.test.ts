import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const SCRIPTS = join(import.meta.dirname, '../../../config/debian');

/** dpkg runs these as root. Here they run with dpkg's own variable for another root, and note what they call. */
describe('the maintainer scripts', () => {
  let root: TemporaryDirectory;

  beforeEach(() => {
    root = new TemporaryDirectory();
    for (const name of ['systemctl', 'deb-systemd-invoke', 'systemd-sysusers', 'systemd-tmpfiles']) {
      const file = root.write(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >>"$DPKG_ROOT/calls"\n`);
      chmodSync(file, 0o755);
    }
    mkdirSync(root.file('run/systemd/system'), { recursive: true });
  });

  afterEach(() => {
    root.dispose();
  });

  /** What dpkg-query says of the version that is being configured. */
  function installed(version: string): void {
    chmodSync(
      root.write('bin/dpkg-query', `#!/bin/sh\n[ "$*" = '-W -f \${Version} postern' ] && echo ${version}\n`),
      0o755,
    );
  }

  function run(script: string, ...args: readonly string[]): { said: string; calls: readonly string[] } {
    const { status, stdout, stderr } = spawnSync('sh', ['-u', join(SCRIPTS, script), ...args], {
      encoding: 'utf8',
      env: { PATH: `${root.file('bin')}:/usr/bin:/bin`, DPKG_ROOT: root.path },
    });
    assert.equal(status, 0, stderr);
    const calls = existsSync(root.file('calls')) ? readFileSync(root.file('calls'), 'utf8') : '';
    return { said: stdout, calls: calls.replaceAll(root.path, 'ROOT').split('\n').slice(0, -1) };
  }

  it('are correct sh, and stop at the first fault', () => {
    for (const script of ['postinst', 'prerm', 'postrm']) {
      const file = join(SCRIPTS, script);
      assert.equal(spawnSync('sh', ['-n', file]).status, 0, script);
      assert.match(readFileSync(file, 'utf8'), /^#!\/bin\/sh\n(?:#.*\n)+set -e\n/, script);
    }
  });

  it('make the user, and start and enable nothing when Postern is installed', () => {
    const { said, calls } = run('postinst', 'configure', '');
    assert.deepEqual(calls, [
      'systemd-sysusers --root=ROOT postern.conf',
      'systemd-tmpfiles --root=ROOT --create postern.conf',
      'systemctl --system daemon-reload',
    ]);
    assert.match(said, /postern setup both.*postern setup gate --host NAME/);
  });

  it('restart what runs after an upgrade, the dom0 half first', () => {
    root.write('etc/postern/gate.yaml', '');
    installed('1.0.1');
    const { said, calls } = run('postinst', 'configure', '1.0.0');
    assert.deepEqual(calls.slice(3), [
      'deb-systemd-invoke try-restart postern-dom0.service',
      'deb-systemd-invoke try-restart postern-gate.service',
    ]);
    assert.equal(said, '');
    assert.deepEqual(run('prerm', 'upgrade', '1.0.1').calls.slice(5), [], 'and stop nothing before it');
  });

  it('say what a downgrade may lack, and do it', function () {
    if (spawnSync('dpkg', ['--version']).error !== undefined) this.skip();
    installed('1.9.0');
    const { said, calls } = run('postinst', 'configure', '1.10.0');
    assert.match(
      said,
      /^postern: this version is older than 1\.10\.0\. .*\npostern: .*day-two\/restore\.md\n$/,
    );
    assert.equal(calls.length, 5);
    assert.equal(run('postinst', 'configure', '1.9.0').said, '', 'the same again is none');
  });

  it('stop both halves when Postern is removed, the gate’s socket first', () => {
    const { calls } = run('prerm', 'remove');
    assert.deepEqual(calls, [
      'deb-systemd-invoke stop postern-gate.socket postern-gate.service postern-host@*.service postern-dom0.service',
    ]);
  });

  it('call nothing of systemd where it does not run the machine', () => {
    root.dispose();
    root = new TemporaryDirectory();
    assert.deepEqual(run('prerm', 'remove').calls, []);
    assert.deepEqual(run('postrm', 'remove').calls, []);
    assert.deepEqual(run('postrm', 'purge').calls, []);
  });

  it('remove compiled code that dpkg does not know', () => {
    root.write('usr/lib/postern/1.0.0/dist/.compile-cache/v24/a', '');
    run('prerm', 'upgrade', '1.0.1');
    assert.ok(!existsSync(root.file('usr/lib/postern/1.0.0/dist/.compile-cache')));
  });

  it('never delete settings, keys, audit or logs, and say at a purge what stays', () => {
    const kept = [
      'etc/postern/gate.yaml',
      'etc/postern/policy.d/10-default.yaml',
      'etc/postern/link_ed25519',
      'var/lib/postern/postern.db',
      'var/lib/postern/ssh_host_ed25519_key',
      'var/lib/postern-dom0/journal.jsonl',
    ];
    for (const file of kept) root.write(file, 'kept');
    const wants = 'etc/systemd/system/multi-user.target.wants';
    mkdirSync(root.file(wants), { recursive: true });
    for (const unit of ['postern-gate.service', 'postern-host@xen1.service', 'ssh.service'])
      symlinkSync(`/usr/lib/systemd/system/${unit}`, root.file(`${wants}/${unit}`));
    for (const [script, word] of [
      ['prerm', 'remove'],
      ['postrm', 'remove'],
      ['postrm', 'upgrade'],
    ] as const)
      assert.equal(run(script, word).said, '');
    const { said } = run('postrm', 'purge');
    assert.match(said, /^postern: these stay: \/etc\/postern \/var\/lib\/postern \/var\/lib\/postern-dom0$/m);
    assert.match(said, /To delete them: rm -r \/etc\/postern \/var\/lib\/postern \/var\/lib\/postern-dom0$/m);
    for (const file of kept) assert.ok(existsSync(root.file(file)), file);
    const links = spawnSync('ls', [root.file(wants)], { encoding: 'utf8' }).stdout;
    assert.equal(links, 'ssh.service\n', 'a link to a unit that has gone is no setting');
    assert.equal(
      readFileSync(root.file('etc/postern/start-again'), 'utf8'),
      'multi-user.target.wants/postern-gate.service\nmulti-user.target.wants/postern-host@xen1.service\n',
    );
    assert.match(said, /Say postern setup then/);
    assert.match(
      run('postinst', 'configure', '').said,
      /settings of an earlier .* Say: postern setup gate$/m,
    );
    root.write('etc/postern/dom0.yaml', '');
    assert.match(run('postinst', 'configure', '').said, /Say: postern setup both$/m);
  });

  it('note nothing for a setup that never was', () => {
    assert.equal(run('postrm', 'purge').said, '');
    assert.ok(!existsSync(root.file('etc/postern')));
  });
});
