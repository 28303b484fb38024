import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const directory = new URL('../../../config/systemd/', import.meta.url);
const UNITS = [
  'postern-dom0.service',
  'postern-gate.service',
  'postern-host@.service',
  'postern-gate.socket',
];

function settingsOf(unit: string): Map<string, string> {
  const lines = readFileSync(new URL(unit, directory), 'utf8').split('\n');
  const pairs = lines.filter((line) => /^[A-Za-z]+=/.test(line)).map((line) => line.split(/=(.*)/s));
  return new Map(pairs.map(([key, value]) => [key ?? '', value ?? '']));
}

describe('systemd units', () => {
  it('are accepted by systemd-analyze verify', function () {
    if (spawnSync('systemd-analyze', ['--version']).error !== undefined) this.skip();
    for (const unit of UNITS) {
      const path = new URL(unit, directory).pathname;
      const { stderr, status } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
      // On a machine without the installed program, systemd reports only that.
      const complaints = stderr
        .split('\n')
        .filter((line) => line !== '' && !line.includes('is not executable'));
      assert.deepEqual(complaints, [], unit);
      if (complaints.length === 0 && stderr === '') assert.equal(status, 0, unit);
    }
  });

  it('never take the xl process of a running guest along with the dom0 half', () => {
    const unit = settingsOf('postern-dom0.service');
    assert.equal(unit.get('KillMode'), 'process');
    assert.equal(unit.get('OOMPolicy'), 'continue');
    assert.equal(unit.get('TasksMax'), 'infinity');
  });

  it('hear from each half when it serves, and end one that is stuck without leaving a core', () => {
    for (const name of ['postern-gate.service', 'postern-dom0.service']) {
      const unit = settingsOf(name);
      assert.equal(unit.get('Type'), 'notify', name);
      // Of the half alone: neither a worker nor a program that it runs speaks for it.
      assert.equal(unit.get('NotifyAccess'), 'main', name);
      assert.ok(Number(unit.get('WatchdogSec')) >= 30, name);
      assert.equal(unit.get('WatchdogSignal'), 'SIGKILL', name);
      assert.equal(unit.get('Restart'), 'always', name);
      assert.ok(Number(unit.get('TimeoutStartSec')) >= 600, name);
    }
  });

  it('say by the status of a reload whether the policy is in force, then have the host keys read', () => {
    const text = readFileSync(new URL('postern-gate.service', directory), 'utf8');
    const start = /^ExecStart=(\S+) gate (.*)$/m.exec(text);
    assert.deepEqual(
      [...text.matchAll(/^ExecReload=(.*)$/gm)].map(([, command]) => command),
      [`${start?.[1]} policy reload ${start?.[2]}`, '/bin/kill -HUP $MAINPID'],
    );
  });

  it('have the settings of the dom0 half checked before it reads them again', () => {
    const text = readFileSync(new URL('postern-dom0.service', directory), 'utf8');
    const start = /^ExecStart=(\S+ dom0) (.*)$/m.exec(text);
    assert.deepEqual(
      [...text.matchAll(/^ExecReload=(.*)$/gm)].map(([, command]) => command),
      [`${start?.[1]} --check ${start?.[2]}`, '/bin/kill -HUP $MAINPID'],
    );
  });

  it('start the dom0 half after what the host starts by itself, and when its files are mounted', () => {
    const unit = settingsOf('postern-dom0.service');
    const after = unit.get('After')?.split(' ') ?? [];
    for (const other of ['xendomains.service', 'remote-fs.target', 'local-fs.target'])
      assert.ok(after.includes(other), other);
    assert.equal(unit.get('RequiresMountsFor'), '/etc/xen /var/lib/postern-dom0');
  });

  it('set nothing on the dom0 half that xl and its block scripts would inherit', () => {
    const inherited =
      /^(Protect|Private|Restrict|NoNewPrivileges|Capability|Ambient|SystemCall|Memory|CPU|IO|Limit|UMask|User|Group|Lock|Remove|ReadOnly|ReadWrite|Inaccessible|Bind|Root|Device|IP|Nice|OOMScore|RuntimeMaxSec|Environment)/;
    for (const key of settingsOf('postern-dom0.service').keys()) assert.doesNotMatch(key, inherited);
  });

  it('give the gate no privilege, not even a low port: systemd listens there', () => {
    const unit = settingsOf('postern-gate.service');
    assert.equal(unit.get('User'), 'postern');
    assert.equal(unit.get('NoNewPrivileges'), 'yes');
    assert.equal(unit.get('CapabilityBoundingSet'), '');
    assert.equal(unit.get('AmbientCapabilities'), '');
    assert.equal(unit.get('ProtectSystem'), 'strict');
  });

  it('keep what the gate holds in memory out of cores, keyrings and other processes, and its memory bounded', () => {
    const unit = settingsOf('postern-gate.service');
    assert.equal(unit.get('LimitCORE'), '0');
    assert.equal(unit.get('KeyringMode'), 'private');
    assert.equal(unit.get('ProcSubset'), 'pid');
    assert.equal(unit.get('ProtectProc'), 'invisible');
    assert.match(unit.get('MemoryMax') ?? '', /^\d+[MG]$/);
    assert.equal(settingsOf('postern-dom0.service').get('KeyringMode'), 'private');
  });

  it('are as exposed as docs/security.md says, by systemd-analyze security', function () {
    if (spawnSync('systemd-analyze', ['--version']).error !== undefined) this.skip();
    const security = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
    for (const unit of ['postern-gate.service', 'postern-dom0.service']) {
      const path = new URL(unit, directory).pathname;
      const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', path], {
        encoding: 'utf8',
      });
      const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
      const told = new RegExp(`\\| \\x60${unit}\\x60 \\| ([\\d.]+)`).exec(security)?.[1];
      assert.ok(exposure !== undefined && told !== undefined, stdout);
      // Versions of systemd give different weights.
      assert.ok(Math.abs(Number(exposure) - Number(told)) <= 0.5, `${unit}: ${exposure}, told ${told}`);
    }
  });
});
