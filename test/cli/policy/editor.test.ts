import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { runEditor } from '../../../server/cli/policy/editor.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('cli: the admin’s editor', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => (directory = new TemporaryDirectory()));
  afterEach(() => {
    directory.dispose();
  });

  /** Makes an editor of this name, which writes the file `NAME.ran`. */
  function program(name: string, status = 0): void {
    chmodSync(directory.write(name, `#!/bin/sh\n: >"$0.ran"\nexit ${status}\n`), 0o755);
  }
  const ran = (name: string): boolean => existsSync(directory.file(`${name}.ran`));

  it('is the one that Debian calls editor when none is named, else vi', async () => {
    program('vi');
    await runEditor('file', { PATH: directory.path });
    assert.ok(ran('vi'));
    program('editor');
    await runEditor('file', { PATH: directory.path });
    assert.ok(ran('editor'));
  });

  it('is no other than the one that was named', async () => {
    program('editor');
    await assert.rejects(runEditor('file', { PATH: directory.path, EDITOR: 'emacs -nw' }), {
      message:
        'the editor emacs cannot be started: there is no such program; install it, or name another, as in EDITOR=nano',
    });
    assert.ok(!ran('editor'));
  });

  it('says that a bare machine has none, and how to name one', async () => {
    await assert.rejects(runEditor('file', { PATH: directory.path }), {
      message: 'no editor was found (editor, vi): install one, or name one that there is, as in EDITOR=nano',
    });
  });

  it('fails as the editor does, and tries no other then', async () => {
    program('editor', 3);
    program('vi');
    await assert.rejects(runEditor('file', { PATH: directory.path }), {
      message: 'the editor editor ended with 3',
    });
    assert.ok(!ran('vi'));
  });
});
