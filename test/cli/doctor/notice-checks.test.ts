import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkNotices } from '../../../server/cli/doctor/notice-checks.js';
import type { ChannelSettings, NoticeSettings } from '../../../server/gate/notices/notice-settings.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('doctor: notices', () => {
  const directory = new TemporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  const file = (name: string, mode: number, content = '#!/bin/sh\n'): string => {
    writeFileSync(at(name), content);
    chmodSync(at(name), mode);
    return at(name);
  };

  after(() => {
    directory.dispose();
  });

  async function found(
    ways: readonly ChannelSettings['way'][],
    { customers = false, sendmail = '/none', from = 'a@example.net' as string | null } = {},
  ): Promise<string[]> {
    const channels = ways.map((way, n) => ({ name: `c${n}`, kinds: [], way }));
    const settings: NoticeSettings = {
      customers,
      channels,
      mail: { sendmail: [sendmail], from, perHour: 10 },
    };
    const all = await checkNotices(settings, directory.path);
    for (const { level, mend } of all) assert.equal(mend === null, level === 'ok');
    return all.map(({ level, subject, finding }) => `${level} ${subject}: ${finding}`);
  }

  it('says nothing where nobody is told', async () => {
    assert.deepEqual(await found([]), []);
    assert.deepEqual(await found([], { from: null }), []);
  });

  it('finds programs that are not there, are no file, or may not be executed', async () => {
    const command = (path: string): ChannelSettings['way'] => ({ way: 'command', command: [path, '-x'] });
    mkdirSync(at('folder'));
    const lines = await found([
      command(file('page', 0o755)),
      command(at('nothing')),
      command(at('folder')),
      command(file('text', 0o644)),
    ]);
    assert.deepEqual(lines, [
      `ok notices c0: ${at('page')}`,
      `warn notices c1: ${at('nothing')} cannot be used: there is no such file or directory; nothing is sent`,
      `warn notices c2: ${at('folder')} is not a file; nothing is sent`,
      `warn notices c3: the gate may not execute ${at('text')}; nothing is sent`,
    ]);
  });

  it('finds a secret that cannot be read or is too short', async () => {
    const hook = (secretFile: string): ChannelSettings['way'] => ({
      way: 'webhook',
      url: 'https://hooks.example.net/',
      secretFile,
    });
    const [good, none, short] = await found([
      hook(file('secret', 0o640, 'x'.repeat(32))),
      hook(at('nothing')),
      hook(file('short', 0o640, 'x')),
    ]);
    assert.equal(good, `ok notices c0: the secret ${at('secret')} can be read`);
    assert.match(
      none ?? '',
      /^warn notices c1: the secret cannot be read: there is no such file or directory; nothing is sent there$/,
    );
    assert.match(short ?? '', /^warn notices c2: the secret in .* has fewer than 16 bytes; nothing is sent/);
  });

  it('finds a sendmail that is not there, or needs a bit that the unit takes away, where mail is sent', async () => {
    const mail: ChannelSettings['way'] = { way: 'mail', to: ['noc@example.net'] };
    assert.match((await found([mail]))[0] ?? '', /^warn notices by mail: \/none cannot be used/);
    assert.match((await found([], { customers: true }))[0] ?? '', /^warn notices by mail: \/none cannot/);
    const sendmail = file('sendmail', 0o755);
    assert.deepEqual(await found([mail], { sendmail }), [`ok notices by mail: ${sendmail}`]);
    chmodSync(sendmail, 0o2755);
    assert.match((await found([mail], { sendmail }))[0] ?? '', /^warn .* set-group-ID bit/);
  });
});
