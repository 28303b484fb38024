import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Replacement, write } from '../../config/replacement.js';
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

  it('behind a link is replaced, and the link stays; where it must not be followed the link itself is', () => {
    mkdirSync(directory.file('elsewhere'));
    const real = directory.write('elsewhere/real.yaml', 'old');
    const link = directory.file('10.yaml');
    symlinkSync('elsewhere/real.yaml', link);
    new Replacement(link, 'new').commit();
    assert.equal(readFileSync(real, 'utf8'), 'new');
    assert.equal(readlinkSync(link), 'elsewhere/real.yaml');
    assert.deepEqual(readdirSync(directory.file('elsewhere')), ['real.yaml']);
    new Replacement(link, 'own', { followLink: false }).commit();
    assert.equal(readFileSync(real, 'utf8'), 'new');
    assert.ok(lstatSync(link).isFile());
  });

  it('is never written through a link that somebody put beside it', () => {
    const victim = directory.write('victim', 'precious');
    symlinkSync('victim', directory.file('copy'));
    assert.throws(() => {
      write(directory.file('copy'), Buffer.from('x'), undefined);
    }, /EEXIST|ELOOP/);
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
  });

  it('has the access that is asked for, or that of a model when it is new', () => {
    const file = directory.write('10.yaml', 'old');
    chmodSync(file, 0o644);
    new Replacement(file, 'new', { access: { mode: 0o600 } }).commit();
    assert.equal(statSync(file).mode & 0o7777, 0o600);
    new Replacement(directory.file('20.yaml'), 'new', { like: file }).commit();
    assert.equal(statSync(directory.file('20.yaml')).mode & 0o7777, 0o600);
  });

  it('loses what a killed process left beside it, after an hour, and nothing else', () => {
    const file = directory.write('10.yaml', 'old');
    const old = new Date(Date.now() - 2 * 3_600_000);
    const leave = (name: string, time: Date): void => {
      writeFileSync(directory.file(name), 'half');
      utimesSync(directory.file(name), time, time);
    };
    leave('.10.yaml.0123456789ab', old);
    leave('.10.yaml.ba9876543210', new Date());
    leave('.10.yaml.edited', old);
    leave('.20.yaml.0123456789ab', old);
    new Replacement(file, 'new').commit();
    assert.deepEqual(readdirSync(directory.path).sort(), [
      '.10.yaml.ba9876543210',
      '.10.yaml.edited',
      '.20.yaml.0123456789ab',
      '10.yaml',
    ]);
  });

  /**
   * @param limit KiB that a file may have. A longer write succeeds in part and then fails, as on a full disk
   */
  function limited(limit: number, what: string, file: string): string {
    const child = fileURLToPath(new URL('../support/replacing-child.js', import.meta.url));
    const script = `ulimit -f ${limit}; exec "$0" "$@"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script, process.execPath, child, what, file], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    return stdout;
  }

  for (const what of ['replacement', 'setup']) {
    it(`keeps its old text when the disk takes a part of the new one only, and nothing beside: ${what}`, () => {
      const file = directory.write('10.yaml', 'old');
      assert.equal(limited(8, what, file), 'EFBIG\n');
      assert.equal(readFileSync(file, 'utf8'), 'old');
      assert.deepEqual(readdirSync(directory.path), ['10.yaml']);
      assert.equal(limited(1024, what, file), 'written\n', 'with room it is written');
    });
  }

  it('a host key that cannot be written leaves no part of one', () => {
    assert.match(limited(0, 'host key', directory.file('host_key')), /HostKeyError/);
    assert.deepEqual(readdirSync(directory.path), []);
    assert.equal(limited(1024, 'host key', directory.file('host_key')), 'written\n');
    assert.deepEqual(readdirSync(directory.path).sort(), ['host_key', 'host_key.pub']);
  });
});
