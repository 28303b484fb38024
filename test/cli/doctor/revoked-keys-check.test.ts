import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRevokedKeys } from '../../../server/cli/doctor/revoked-keys-check.js';
import { makeKey } from '../../support/made-certificate.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('doctor: the list of revoked keys', () => {
  const directory = new TemporaryDirectory();
  const file = join(directory.path, 'revoked');

  after(() => {
    directory.dispose();
  });

  it('says nothing where none is named, and that a sound one can be read', async () => {
    assert.deepEqual(await checkRevokedKeys(null, directory.path), []);
    writeFileSync(file, `${makeKey().line}\n`);
    const [found] = await checkRevokedKeys(file, directory.path);
    assert.equal(found?.level, 'ok');
  });

  it('says what is wrong with it, what that means, and what to do', async () => {
    for (const [content, what] of [
      ['no key\n', /its line 1 is no public key/],
      ['SSHKRL\n\0', /cut short/],
    ] as const) {
      writeFileSync(file, content);
      const [found] = await checkRevokedKeys(file, directory.path);
      assert.equal(found?.level, 'fail');
      assert.match(found.finding, what);
      assert.match(found.finding, /nobody logs in with a certificate/);
    }
    const [missing] = await checkRevokedKeys(join(directory.path, 'none'), directory.path);
    assert.equal(missing?.level, 'fail');
  });
});
