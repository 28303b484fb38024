import assert from 'node:assert/strict';
import { readKeyDirectory, readKeyFile } from '../../../server/cli/customer/key-file.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('files of keys', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  it('of many customers are read by their names, a key a line', () => {
    directory.write('bob.pub', 'ssh-ed25519 AAAB one\n\n# the old laptop\nssh-ed25519 AAAC two\n');
    directory.write('alice.pub', 'ssh-ed25519 AAAA');
    directory.write('alice', 'PRIVATE');
    directory.write('README', 'no key');
    assert.deepEqual(readKeyDirectory(directory.path), [
      { customer: 'alice', text: 'ssh-ed25519 AAAA' },
      { customer: 'bob', text: 'ssh-ed25519 AAAB one' },
      { customer: 'bob', text: 'ssh-ed25519 AAAC two' },
    ]);
  });

  it('are refused in a sentence when there are none, or one is no file of a key', () => {
    assert.throws(() => readKeyDirectory(directory.path), /^Error: there is no CUSTOMER\.pub in /);
    assert.throws(
      () => readKeyDirectory(directory.file('nothing')),
      /^Error: the directory .* cannot be read/,
    );
    const huge = directory.write('huge.pub', 'x'.repeat(70_000));
    assert.throws(() => readKeyFile(huge), /^Error: .* is too long for a public key/);
    assert.throws(() => readKeyFile('/dev/zero'), /^Error: .* is too long for a public key/);
    assert.throws(() => readKeyFile(directory.path), /^Error: the key .* cannot be read/);
  });
});
