import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node-pty';
import { SCRIPTS } from '../../../server/cli/completion/scripts.js';
import { ControlFixture } from '../../support/control-fixture.js';
import { eventually } from '../../support/eventually.js';
import { writeGateSettings } from '../../support/gate-settings-file.js';
import { POSTERN, postern } from '../../support/postern-command.js';
import { ADMIN, customerName, fingerprint } from '../../support/temporary-store.js';

describe('cli: completion in a shell', () => {
  it('says nothing and ends well when there is no gate, or the line is nonsense', async () => {
    const lines = ['postern customer show --settings /nowhere ', 'postern --settings', 'postern "\\', ''];
    for (const line of lines) {
      const { status, stderr } = await postern(['complete', line]);
      assert.deepEqual([status, stderr], [0, ''], line);
    }
  });

  it('completes names in bash, also one with a colon in it, and leaves files to bash', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-completion-'));
    const gate = new ControlFixture();
    await gate.server.listen();
    const settings = writeGateSettings(gate.temporary.directory);
    const customer = customerName('alice');
    gate.store.customers.add(customer, ADMIN);
    const key = { customer, fingerprint: fingerprint('b'), type: 'ssh-ed25519', comment: '' };
    gate.store.keys.add({ ...key, blob: Buffer.from('b') }, ADMIN, 9);
    mkdirSync(join(folder, 'bin'));
    const program = `#!/bin/sh\nexec '${process.execPath}' '${POSTERN}' "$@"\n`;
    writeFileSync(join(folder, 'bin', 'postern'), program, { mode: 0o755 });
    writeFileSync(join(folder, 'horatio.pub'), '');
    const prompt = "PS1='ready> '\nbind 'set enable-bracketed-paste off'\n";
    writeFileSync(join(folder, 'rc'), prompt + SCRIPTS.bash);
    const shell = spawn('bash', ['--rcfile', join(folder, 'rc'), '-i'], {
      cols: 250,
      rows: 40,
      cwd: folder,
      env: { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, TERM: 'dumb', HISTFILE: '' },
    });
    let seen = '';
    shell.onData((data) => {
      seen += data;
    });
    const ended = new Promise((resolve) => {
      shell.onExit(resolve);
    });
    const says = (what: string): Promise<unknown> =>
      eventually(`bash to say ${what}`, () => (seen.includes(what) ? true : undefined));
    try {
      await says('ready> ');
      const typed: readonly (readonly [line: string, whole: string])[] = [
        [`postern customer show --settings ${settings} al`, 'alice '],
        [`postern key remove --settings ${settings} alice SHA256:b`, `SHA256:${'b'.repeat(43)} `],
        ['postern key add alice hor', 'horatio.pub '],
        ['postern maint', 'maintenance '],
      ];
      for (const [line, whole] of typed) {
        seen = '';
        shell.write(`${line}\t`);
        await says(line.replace(/\S+$/, whole));
        shell.write('\x15');
      }
      shell.write('exit\r');
      await ended;
    } finally {
      shell.kill();
      await gate.remove();
      rmSync(folder, { recursive: true });
    }
  });
});
