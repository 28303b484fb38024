import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { RevokedKeys } from '../../../server/gate/certificates/revoked-keys.js';
import { makeKey } from '../../support/made-certificate.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('the file of revoked keys', () => {
  const directory = new TemporaryDirectory();
  const file = directory.file('revoked');
  const [one, other] = [makeKey(), makeKey()];
  let errors: object[] = [];
  const log = { info: (): undefined => undefined, error: (fields: object) => errors.push(fields) };

  beforeEach(() => {
    errors = [];
    writeFileSync(file, `${one.line}\n`);
  });

  after(() => {
    directory.dispose();
  });

  it('revokes nothing where the settings name none', () => {
    const none = new RevokedKeys(null, log);
    assert.equal(none.refresh(), false);
    assert.equal(none.revokesKey(one.blob), false);
    assert.equal(none.problem, null);
  });

  it('is read again when it has changed, and tells those who listen', () => {
    const revoked = new RevokedKeys(file, log);
    let changes = 0;
    revoked.onChange(() => (changes += 1));
    assert.equal(revoked.revokesKey(one.blob), true);
    assert.equal(revoked.refresh(), false, 'nothing has changed');
    writeFileSync(file, `${other.line}\n`);
    assert.equal(revoked.refresh(), true);
    assert.deepEqual([revoked.revokesKey(one.blob), revoked.revokesKey(other.blob)], [false, true]);
    assert.equal(changes, 1);
  });

  const failures: readonly (readonly [what: string, fail: () => void])[] = [
    ['no list any more', () => writeFileSync(file, 'no key\n')],
    ['gone', () => rmSync(file)],
    ['too large', () => writeFileSync(file, Buffer.alloc(16 * 1024 * 1024 + 1))],
  ];
  for (const [what, fail] of failures) {
    it(`goes on to hold while it is ${what}, says so once, and is read again afterwards`, () => {
      const revoked = new RevokedKeys(file, log);
      fail();
      for (const _ of [1, 2, 3]) assert.equal(revoked.refresh(), false);
      assert.notEqual(revoked.problem, null);
      assert.equal(revoked.revokesKey(one.blob), true);
      assert.equal(errors.length, 1);
      writeFileSync(file, `${other.line}\n`);
      assert.equal(revoked.refresh(), true);
      assert.equal(revoked.problem, null);
      assert.equal(revoked.revokesKey(one.blob), false);
    });
  }

  it('may come later than the gate', () => {
    const revoked = new RevokedKeys(directory.file('folder/revoked'), log);
    assert.notEqual(revoked.problem, null);
    directory.write('folder/revoked', `${one.line}\n`);
    assert.equal(revoked.refresh(), true);
    assert.equal(revoked.revokesKey(one.blob), true);
  });
});
