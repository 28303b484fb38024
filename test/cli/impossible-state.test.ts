import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { writeGateSettings } from '../support/gate-settings-file.js';
import { posternProcess } from '../support/postern-command.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

/**
 * Here mkdir(2) fails with ENOENT although the directory above exists, and Node's own recursion never ends.
 */
const NOWHERE = '/proc/nothing';

describe('cli: a directory that cannot be', () => {
  let temporary: TemporaryDirectory;
  beforeEach(() => {
    temporary = new TemporaryDirectory();
  });
  afterEach(() => {
    temporary.dispose();
  });

  /** The gate's settings on free ports, with one setting replaced. */
  function gateWith(key: string, value: unknown): string {
    const file = writeGateSettings(temporary.path);
    const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...settings, listen: ['127.0.0.1:0'], [key]: value }), {
      mode: 0o600,
    });
    return file;
  }

  for (const [key, value] of [
    ['state', NOWHERE],
    ['controlSocket', `${NOWHERE}/control.sock`],
  ] as const) {
    it(`ends the gate at once with one sentence when it is for ${key}`, async () => {
      const { status, stdout, stderr } = await posternProcess(['gate', '--settings', gateWith(key, value)]);
      assert.notEqual(status, 0);
      assert.equal(stdout, '');
      const last = stderr.trim().split('\n').at(-1) ?? '';
      assert.match(
        last,
        /the gate cannot start: .*\/proc\/nothing cannot be made: \/proc takes no directories \(ENOENT\): choose another/,
      );
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
    });
  }

  for (const [key, of] of [
    ['state', 'the state directory '],
    ['socket', "the socket's directory "],
  ] as const) {
    it(`ends the dom0 half at once with one sentence when it is for ${key}`, async () => {
      const file = temporary.file('dom0.yaml');
      const settings = {
        host: 'xen1',
        socket: key === 'socket' ? `${NOWHERE}/dom0.sock` : temporary.file('run/dom0.sock'),
        state: key === 'state' ? NOWHERE : temporary.file('state'),
        toolstack: { kind: 'xl', command: '/bin/true' },
        domains: [temporary.file('*.cfg')],
      };
      writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
      const { status, stderr } = await posternProcess(['dom0', '--settings', file]);
      assert.notEqual(status, 0);
      const last = stderr.trim().split('\n').at(-1) ?? '';
      assert.ok(last.includes(`${of}${NOWHERE} cannot be made: /proc takes no directories (ENOENT)`), stderr);
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
    });
  }
});
