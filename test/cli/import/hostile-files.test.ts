import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { importReportText } from '../../../server/cli/import/import-report.js';
import { importOf } from '../../support/import-of.js';
import { IS_ROOT, OldDom0 } from '../../support/old-dom0.js';
import type { OldAccount } from '../../support/old-dom0.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const SECRET = 'root:$6$secret$hash:19000:0:99999:7:::';

/** Attacks on an import by files in a customer's own home, which root reads. */
describe('import: hostile files', () => {
  let directory: TemporaryDirectory;
  let host: OldDom0;
  let alice: OldAccount;
  let mallory: OldAccount;

  beforeEach(() => {
    directory = new TemporaryDirectory();
    host = new OldDom0(directory.file('r'), directory.file('keys'));
    host.domain('horatio');
    host.domain('yorick');
    alice = host.account('alice');
    mallory = host.account('mallory');
    host.append(
      'etc/sudoers',
      'alice ALL=/usr/sbin/xm console horatio\nmallory ALL=/usr/sbin/xm console yorick\n',
    );
    host.authorizedKeys(alice, `${alice.publicKey}\n`);
  });

  afterEach(() => {
    directory.dispose();
  });

  /**
   * Checks that only the honest customer is imported. The reason for the other one must contain no word of
   * any file.
   */
  function refused(why: RegExp): void {
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, { alice: 'horatio' });
    const text = said.join('\n');
    assert.match(text, why);
    assert.doesNotMatch(text, /secret|hash|19000/);
  }

  const ssh = (): string => join(host.root, 'home/mallory/.ssh');

  it('a link to another’s keys, to /etc/shadow, or in place of a directory is not followed', () => {
    host.write('etc/shadow', `${SECRET}\n`);
    const keys = join(ssh(), 'authorized_keys');
    for (const target of [
      join(host.root, 'etc/shadow'),
      '/etc/shadow',
      join(host.root, 'home/alice/.ssh/authorized_keys'),
    ]) {
      symlinkSync(target, keys);
      refused(/problem \/home\/mallory\/\.ssh\/authorized_keys:1: it is a symbolic link/);
      rmSync(keys);
    }
    rmSync(ssh(), { recursive: true });
    symlinkSync(join(host.root, 'home/alice/.ssh'), ssh());
    refused(/mallory.*it is a symbolic link or lies behind one/);
    const home = join(host.root, 'home/mallory');
    renameSync(home, directory.file('away'));
    symlinkSync(join(host.root, 'home/alice'), home);
    refused(/mallory.*it is a symbolic link or lies behind one/);
  });

  it('a second name of another’s file is not read', () => {
    linkSync(host.write('etc/shadow', `${SECRET}\n`), join(ssh(), 'authorized_keys'));
    refused(/mallory.*it has a second name/);
  });

  it('a file of somebody else, or that others can write to, is not read, as sshd does not', function () {
    const file = host.authorizedKeys(mallory, `${mallory.publicKey}\n`);
    chmodSync(file, 0o666);
    refused(/mallory.*others can write to it, so sshd does not take it either/);
    chmodSync(file, 0o600);
    chmodSync(ssh(), 0o777);
    refused(/mallory.*others can write to the directory \.ssh/);
    chmodSync(ssh(), 0o700);
    assert.deepEqual(Object.keys(importOf(host.root).domains), ['alice', 'mallory'], 'the honest case');
    if (!IS_ROOT) return;
    host.give(file, alice.uid);
    refused(/mallory.*it does not belong to mallory/);
  });

  it('a pipe, a directory and megabytes hold nobody up', () => {
    const file = join(ssh(), 'authorized_keys');
    assert.equal(spawnSync('mkfifo', [file]).status, 0);
    refused(/mallory.*it is not a regular file/);
    rmSync(file);
    mkdirSync(file);
    host.give(file, mallory.uid);
    refused(/mallory.*it is not a regular file/);
    rmSync(file, { recursive: true });
    host.authorizedKeys(mallory, Buffer.alloc(2 * 1024 * 1024, `${mallory.publicKey}\n`));
    refused(/mallory.*it is larger than 1 MiB/);
  });

  it('a full file of nonsense is told of in a few lines, and repeats nothing of itself', () => {
    const nonsense = [
      `${SECRET}\0`,
      '\u001b]0;secret\u0007 ssh-ed25519 AAAA',
      `command="secret" ${'x'.repeat(200)}`,
      'secret=',
    ];
    host.authorizedKeys(
      mallory,
      Array.from({ length: 5000 }, (_, n) => nonsense[n % nonsense.length]).join('\n'),
    );
    refused(/this file has 49\d\d more findings of this kind/);
    assert.ok(importOf(host.root).said.length < 40);
  });

  it('nothing in it is run', () => {
    const mark = directory.file('run');
    const lines = [
      `command="sudo xm console $(touch ${mark})" ${mallory.publicKey}`,
      `command="xencontrol \`touch ${mark}\`" ${mallory.publicKey}`,
      `environment="PATH=/tmp",command="; touch ${mark}" ${mallory.publicKey}`,
    ];
    host.authorizedKeys(mallory, `${lines.join('\n')}\n`);
    refused(/problem \/etc\/sudoers:3: mallory may work on yorick, but has no key/);
    assert.ok(!existsSync(mark));
  });

  it('a claim to another’s domain is listed and not given, by whatever name it goes', () => {
    for (const word of ['horatio', '/etc/xen/horatio.cfg', '../xen/horatio', 'horatio.cfg']) {
      host.authorizedKeys(mallory, `command="sudo xm create ${word}" ${mallory.publicKey}\n`);
      refused(
        /mallory\/\.ssh\/authorized_keys:1: (only this file gives horatio to the key|no configuration file has the name)/,
      );
    }
    // Beside an honest key, which still works, but only for its own domain.
    host.authorizedKeys(mallory, `${mallory.publicKey}\ncommand="xencontrol horatio" ${mallory.publicKey}\n`);
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, { alice: 'horatio', mallory: 'yorick' });
    assert.match(said.join('\n'), /left .*:2: only this file gives horatio to the key/);
  });

  it('another’s public key in one’s own file keeps nobody out and opens nothing of theirs', () => {
    host.authorizedKeys(mallory, `${alice.publicKey}\n`);
    const { domains, keys, said } = importOf(host.root);
    assert.deepEqual(domains, { alice: 'horatio', mallory: 'yorick' });
    assert.deepEqual(keys, { alice: 1, mallory: 1 });
    assert.match(said.join('\n'), /note .*mallory has the same key as alice/);
  });

  it('names with escapes and paths in them are no accounts, and play no tricks on a terminal', () => {
    const name = 'a\u001b[31m';
    mkdirSync(join(host.root, 'home', name, '.ssh'), { recursive: true });
    writeFileSync(join(host.root, 'home', name, '.ssh/authorized_keys'), `${mallory.publicKey}\n`);
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, { alice: 'horatio' });
    assert.match(said.join('\n'), /there is no account of this name/);
    const place = { file: `/home/${name}/.ssh/authorized_keys`, line: 1 };
    const findings = [{ kind: 'left', place, sentence: 'nothing' } as const];
    const text = importReportText({ customers: [], findings, held: false, result: null });
    assert.match(text, /\/home\/a\^\[\[31m\/\.ssh/);
    assert.doesNotMatch(text, /\u001b/);
    for (const pattern of ['/home/*/../root/*', 'home/*', '/home/alice', '/*/*/x', '/home/../*']) {
      assert.throws(() => importOf(host.root, { pattern }), /must be absolute and have one `\*`/, pattern);
    }
  });

  it('below --root no link leads out to this machine’s files', () => {
    rmSync(join(host.root, 'etc/sudoers'));
    symlinkSync('/etc/passwd', join(host.root, 'etc/sudoers'));
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, {});
    assert.match(said.join('\n'), /problem \/etc\/sudoers:1: .*leads out of/);
  });
});
