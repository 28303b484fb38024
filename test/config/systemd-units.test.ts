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
      // On a machine without the installed program systemd says so; nothing else may be wrong.
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

  it('set nothing on the dom0 half that xl and its block scripts would inherit', () => {
    const inherited =
      /^(Protect|Private|Restrict|NoNewPrivileges|Capability|Ambient|SystemCall|Memory|CPU|IO|Limit|UMask|User|Group|Lock|Remove|ReadOnly|ReadWrite|Inaccessible|Bind|Root|Device|IP|Nice|OOMScore|RuntimeMaxSec|Environment)/;
    for (const key of settingsOf('postern-dom0.service').keys()) assert.doesNotMatch(key, inherited);
  });

  it('give the gate no privilege but the low port', () => {
    const unit = settingsOf('postern-gate.service');
    assert.equal(unit.get('User'), 'postern');
    assert.equal(unit.get('NoNewPrivileges'), 'yes');
    assert.equal(unit.get('CapabilityBoundingSet'), 'CAP_NET_BIND_SERVICE');
    assert.equal(unit.get('ProtectSystem'), 'strict');
  });
});
