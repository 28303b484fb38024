import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { posternProcess, startPostern } from '../../support/postern-command.js';
import type { Ended } from '../../support/postern-command.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

/** The command and the real build.sh; stand-ins take the place of the programs that make the parts. */
describe('postern rescue-image', () => {
  let directory: TemporaryDirectory;
  before(function () {
    if (process.arch !== 'x64') this.skip();
  });
  beforeEach(() => {
    directory = new TemporaryDirectory();
    // The target is the word after the release; the parts go beside it.
    add('mmdebstrap', [
      'for word; do [ "$before" != trixie ] || target=$word; before=$word; done',
      ': > "$target"; cd "$(dirname "$target")"',
      'echo kernel > vmlinuz; echo ramdisk > initrd.img; echo "bash 5.2" > packages.txt',
    ]);
    add('mksquashfs', ['echo disk > "$2"']);
  });
  afterEach(() => {
    directory.dispose();
  });
  function add(name: string, lines: readonly string[]): void {
    chmodSync(directory.write(`bin/${name}`, `#!/bin/sh\n${lines.join('\n')}\n`), 0o755);
  }
  const env = (): NodeJS.ProcessEnv => ({
    PATH: [directory.file('bin'), process.env['PATH']].join(delimiter),
    TMPDIR: directory.path,
  });
  const images = (): string => directory.file('images');
  const build = (...more: readonly string[]): Promise<Ended> =>
    posternProcess(['rescue-image', 'build', '--output', images(), ...more], { env: env() });

  it('builds an image, and prints the profile to paste; check is content with it', async () => {
    const built = await build('--mirror', 'http://debian.example/debian');
    assert.equal(built.status, 0, built.stderr);
    assert.ok(built.stdout.includes(readFileSync(`${images()}/current/profile.yaml`, 'utf8')), built.stdout);
    assert.match(built.stdout, /has the rescue system: Debian trixie, 1 packages/);
    const checked = await posternProcess(['rescue-image', 'check', `${images()}/current`]);
    assert.equal(checked.status, 0, checked.stdout);
    assert.match(checked.stdout, /^ok .*of Debian trixie, built \d{4}-\d\d-\d\d$/m);
    writeFileSync(`${images()}/current/vmlinuz`, 'Kernel\n');
    const wrong = await posternProcess(['rescue-image', 'check', `${images()}/current`, '--json']);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stdout, /its checksum is not the manifest's/);
  });

  it('says that a build failed, and leaves the image before as it was', async () => {
    assert.equal((await build()).status, 0);
    const before = readdirSync(images());
    add('mmdebstrap', ['echo "E: no such mirror" >&2', 'exit 25']);
    const failed = await build();
    assert.equal(failed.status, 1);
    assert.match(
      failed.stderr,
      /E: no such mirror\n.*the image was not built \(exit status 25\); the lines above/,
    );
    assert.deepEqual(readdirSync(images()), before);
  });

  it('ended by a signal, it ends what it started and leaves nothing', async () => {
    add('mmdebstrap', [`echo $$ > '${directory.file('pid')}'`, 'exec sleep 1000']);
    const child = startPostern(['rescue-image', 'build', '--output', images()], env());
    const ended = once(child, 'close');
    await eventually('the build to run', () => /\d\n/.test(text('pid')));
    child.kill('SIGTERM');
    const [status] = (await ended) as [number | null];
    assert.equal(status, 1);
    const pid = Number(text('pid'));
    await eventually('mmdebstrap to have ended', () => !existsSync(`/proc/${pid}/exe`));
    assert.deepEqual(readdirSync(images()), []);
  });

  it('refuses words that the scripts or mmdebstrap would take for something else', async () => {
    for (const [words, says] of [
      [['--output', '/srv/a b'], /use letters, digits/],
      [['--output', "/srv/a'b"], /use letters, digits/],
      [['--mirror', '--hook-dir=/tmp/x'], /is no mirror/],
      [['--mirror', '/etc/passwd'], /is no mirror/],
      [['--mirror', 'http://a/\nhttp://b/'], /is no mirror/],
      [['--mirror', ''], /is no mirror/],
      [['--suite', 'sid'], /trixie, bookworm/],
    ] as const) {
      const refused = await build(...words);
      assert.equal(refused.status, 2, words.join(' '));
      assert.match(refused.stderr, says);
      assert.ok(!existsSync(images()));
    }
  });

  const text = (name: string): string =>
    existsSync(directory.file(name)) ? readFileSync(directory.file(name), 'utf8') : '';
});
