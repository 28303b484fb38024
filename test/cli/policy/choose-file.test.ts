import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { Dialog } from '../../../server/cli/command/dialog.js';
import { chooseFile } from '../../../server/cli/policy/choose-file.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('the policy file that is meant', () => {
  let directory: TemporaryDirectory;
  let dialog: Dialog | undefined;
  beforeEach(() => {
    directory = new TemporaryDirectory();
    directory.write('10.yaml', '');
  });
  afterEach(() => {
    dialog?.close();
    directory.dispose();
  });

  function chosen(named?: string, answer = ''): Promise<string> {
    const input = new PassThrough();
    dialog = new Dialog(input, () => undefined);
    input.end(answer);
    return chooseFile(directory.path, named, dialog);
  }

  it('is the only one there is', async () => {
    assert.equal(await chosen(), directory.file('10.yaml'));
  });

  it('is the one that is chosen, by its number or name, of several', async () => {
    directory.write('20.yaml', '');
    assert.equal(await chosen(undefined, '2\n'), directory.file('20.yaml'));
    assert.equal(await chosen(undefined, '10.yaml\n'), directory.file('10.yaml'));
    await assert.rejects(chosen(undefined, '3\n'), /name the file/);
    await assert.rejects(chosen(), /name the file/);
  });

  it('is the one named, also a new one, also with the directory', async () => {
    assert.equal(await chosen('30.yaml'), directory.file('30.yaml'));
    assert.equal(await chosen(`${directory.path}/10.yaml`), directory.file('10.yaml'));
  });

  it('is none outside of the directory, and none that would not be read', async () => {
    for (const name of ['../gate.yaml', '/etc/shadow.yaml', 'sub/10.yaml'])
      await assert.rejects(chosen(name), /is not in the policy directory/);
    for (const name of ['notes.txt', '.10.yaml', '10.yaml~', '..'])
      await assert.rejects(chosen(name), /would not be read/);
  });
});
