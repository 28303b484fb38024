import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs';
import { Replacement } from '../../config/replacement.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

describe('a file that is replaced', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  it('is the old one or the new one, whenever it is read', async () => {
    const texts = ['a', 'b'].map((letter) => letter.repeat(200_000));
    const file = directory.write('10.yaml', texts[0] ?? '');
    const script = `
      const texts = ['a', 'b'].map((letter) => letter.repeat(200000));
      let torn = 0;
      process.stdin.once('data', () => { console.log(torn); process.exit() });
      console.log('reads');
      setImmediate(function read() {
        if (!texts.includes(require('fs').readFileSync(${JSON.stringify(file)}, 'utf8'))) torn += 1;
        setImmediate(read);
      });`;
    const reader = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(reader.stdout, 'data');
    for (let turn = 0; turn < 200; turn += 1) new Replacement(file, texts[turn % 2] ?? '').commit();
    reader.stdin.end('\n');
    const [torn] = (await once(reader.stdout, 'data')) as [Buffer];
    assert.equal(torn.toString().trim(), '0');
    assert.deepEqual(readdirSync(directory.path), ['10.yaml']);
  });

  it('keeps its owner and mode', () => {
    const file = directory.write('10.yaml', 'old');
    chmodSync(file, 0o640);
    if (process.getuid?.() === 0) chownSync(file, 1, 12);
    const before = statSync(file);
    new Replacement(file, 'new').commit();
    const after = statSync(file);
    assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid]);
  });

  it('leaves nothing when it is not put in place', () => {
    const file = directory.write('10.yaml', 'old');
    const replacement = new Replacement(file, 'new');
    assert.equal(readdirSync(directory.path).length, 2);
    replacement.discard();
    replacement.discard();
    assert.throws(() => new Replacement(directory.file('nosuch/10.yaml'), 'new'), /ENOENT/);
    assert.deepEqual(readdirSync(directory.path), ['10.yaml']);
  });
});
