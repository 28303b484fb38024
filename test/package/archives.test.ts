import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packDeb, packTar } from '../../server/package/archives.js';
import { controlText } from '../../server/package/control-fields.js';
import { FileTree } from '../../server/package/file-tree.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const SECONDS = 1_700_000_000;

describe('the archives', () => {
  const made: TemporaryDirectory[] = [];

  after(() => {
    for (const directory of made) directory.dispose();
  });

  /** Packs the same files in a directory of its own, written in another order and with another umask. */
  async function pack(umask: number, reversed: boolean): Promise<TemporaryDirectory> {
    const directory = new TemporaryDirectory();
    made.push(directory);
    const files = [
      ['usr/share/a', 0o644],
      ['usr/lib/b', 0o755],
      ['usr/lib/c/d', 0o644],
    ] as const;
    const tree = new FileTree();
    for (const [path, mode] of reversed ? files.toReversed() : files) tree.text(path, `${path}\n`, mode);
    tree.link('usr/sbin/b', '../lib/b');
    const before = process.umask(umask);
    try {
      await tree.writeTo(directory.file('stage'), SECONDS);
      packTar(directory.file('stage'), directory.file('all.tar.gz'), SECONDS);
      const control = new FileTree();
      const fields = { version: '1', architecture: 'all', maintainer: 'A <a@example.net>', size: 1 };
      control.text('control', controlText(fields));
      await control.writeTo(directory.file('stage/DEBIAN'), SECONDS);
      packDeb(directory.file('stage'), directory.file('all.deb'), SECONDS);
    } finally {
      process.umask(before);
    }
    return directory;
  }

  it('have the same bytes from two directories, whatever the umask and the order', async function () {
    if (spawnSync('dpkg-deb', ['--version']).error !== undefined) this.skip();
    const [one, other] = [await pack(0o022, false), await pack(0o077, true)];
    for (const file of ['all.tar.gz', 'all.deb'])
      assert.ok(readFileSync(one.file(file)).equals(readFileSync(other.file(file))), file);
    assert.equal(statSync(other.file('stage/usr/lib')).mode & 0o777, 0o755);
    const { stdout } = spawnSync('dpkg-deb', ['--contents', other.file('all.deb')], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    assert.match(stdout, /^-rwxr-xr-x root\/root +10 2023-11-14 \d\d:\d\d \.\/usr\/lib\/b$/m);
    assert.match(stdout, /^lrwxrwxrwx root\/root .* \.\/usr\/sbin\/b -> \.\.\/lib\/b$/m);
  });

  it('are for processors that Debian and Node.js have, and no others', () => {
    const command = fileURLToPath(new URL('../../server/package/command.js', import.meta.url));
    const run = spawnSync(process.execPath, [command, '--arch', 'riscv64'], { encoding: 'utf8' });
    assert.equal(run.status, 1);
    assert.equal(run.stderr, 'package: there are no packages for riscv64: say --arch amd64 or arm64\n');
  });

  it('have no path twice', () => {
    const tree = new FileTree();
    tree.text('a', '');
    assert.throws(() => {
      tree.link('a', 'b');
    }, /a is in the package twice/);
  });
});
