import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeFileSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeGateSettings } from '../support/gate-settings-file.js';
import { POSTERN, postern } from '../support/postern-command.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

describe('cli: while no gate runs', () => {
  let directory: TemporaryDirectory;
  let settings: string[];

  beforeEach(() => {
    directory = new TemporaryDirectory();
    settings = ['--settings', writeGateSettings(directory.path)];
  });

  afterEach(() => {
    directory.dispose();
  });

  it('works on the database itself', async () => {
    assert.equal((await postern(['customer', 'add', 'alice', ...settings])).status, 0);
    assert.equal((await postern(['role', 'add', 'alice', 'horatio', 'owner', ...settings])).status, 0);
    const [audit, explained, copied] = await Promise.all([
      postern(['audit', '--json', ...settings]),
      postern(['policy', 'explain', 'alice', 'reboot', 'horatio', ...settings]),
      postern(['backup', directory.file('copy.db'), ...settings]),
    ]);
    assert.deepEqual((JSON.parse(audit.stdout.split('\n')[0] ?? '') as { event: object }).event, {
      kind: 'customer.added',
      actor: { admin: 'ada' },
      customer: 'alice',
    });
    assert.match(explained.stdout, /alice, reboot, horatio: allowed by owners/, 'by the files as they are');
    assert.equal(copied.status, 0);
  });

  it('says one sentence for each wrong argument', async () => {
    await postern(['customer', 'add', 'alice', ...settings]);
    const fingerprint = `SHA256:${'a'.repeat(43)}`;
    const wrong = [
      [
        ['key', 'add', 'alice', '/nowhere'],
        'the key /nowhere cannot be read: there is no such file or directory\n',
      ],
      [['key', 'expire', 'alice', fingerprint, 'tomorrow'], 'Give a time such as 2026-01-31, 90m, 2h or 7d.'],
      [['policy', 'explain', 'alice', 'fly', 'horatio'], '"fly" is not an action: one of status, console'],
      [['role', 'add', 'alice', 'horatio', 'king'], '"king" is not a role: one of owner, operator, watcher'],
    ] as const;
    for (const [words, sentence] of wrong) {
      const { status, stdout, stderr } = await postern([...words, ...settings]);
      assert.deepEqual([status, stdout], [2, ''], words.join(' '));
      assert.ok(stderr.startsWith(`postern: ${sentence}`), stderr);
      assert.equal(stderr.trimEnd().split('\n').length, 1);
    }
  });

  it('says why its input cannot be read', () => {
    // Its first page is never mapped.
    const unreadable = openSync('/proc/self/mem', 'r');
    const [node, ...words] = [process.execPath, POSTERN, 'apply', '-', '--as', 'x', ...settings] as const;
    const { status, stderr } = spawnSync(node, words, {
      stdio: [unreadable, 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    closeSync(unreadable);
    assert.deepEqual([status, stderr], [2, 'postern: stdin cannot be read: i/o error\n']);
  });

  it('says why its output cannot be written', () => {
    const full = openSync('/dev/full', 'w');
    const [node, ...words] = [process.execPath, POSTERN, 'customer', 'list', ...settings] as const;
    const { status, stderr } = spawnSync(node, words, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
    closeSync(full);
    assert.equal(status, 1);
    assert.match(stderr, /^postern: the output cannot be written: the disk is full\n$/);
  });

  it('sets parameters of domains there as well', async () => {
    const set = await postern(['domain', 'set', 'horatio', 'install-suite=trixie', ...settings]);
    assert.deepEqual([set.status, set.stderr], [0, '']);
    const shown = await postern(['domain', 'show', 'horatio', ...settings]);
    assert.match(shown.stdout, /install-suite +trixie/);
    const unset = await postern(['domain', 'unset', 'horatio', 'install-suite', ...settings]);
    assert.deepEqual([unset.status, unset.stdout], [0, 'no parameters are set for horatio\n']);
    const { stdout } = await postern(['audit', '--json', ...settings]);
    assert.match(stdout, /"domain\.parameter\.set".*\n.*"domain\.parameter\.unset"/);
  });

  it('begins maintenance there, for the gate to find, and renames whatever the policy files are like', async () => {
    const on = await postern(['maintenance', 'on', 'New disks.', '--until', '4h', ...settings]);
    assert.deepEqual([on.status, on.stderr], [0, '']);
    assert.match(
      (await postern(['maintenance', 'status', ...settings])).stdout,
      /^maintenance is on since .*\nNew disks\.\n$/,
    );
    await postern(['customer', 'add', 'alice', ...settings]);
    writeFileSync(join(directory.path, 'policy.d', '99-broken.yaml'), 'rules: [alow]\n');
    const renamed = await postern(['customer', 'rename', 'alice', 'alicia', ...settings]);
    assert.deepEqual([renamed.status, renamed.stdout], [0, 'customer alice is alicia now\n']);
    assert.equal(renamed.stderr, 'note: the policy files cannot be read now; they may speak of alice\n');
  });

  it('is no agreement when no witness answers', async () => {
    await postern(['customer', 'add', 'alice', ...settings]);
    const verified = await postern(['audit', 'verify', ...settings]);
    assert.equal(verified.status, 1);
    assert.match(
      verified.stdout,
      /NOT compared with the journal of xen1: \S*dom0\.sock: there is no such file or directory/,
    );
    assert.doesNotMatch(verified.stdout, /nothing was changed/);
  });

  it('says that sessions and reloading need the gate', async () => {
    const answers = await Promise.all([
      postern(['session', 'list', ...settings]),
      postern(['policy', 'reload', ...settings]),
      postern(['audit', '--follow', ...settings]),
    ]);
    for (const { status, stderr } of answers) {
      assert.equal(status, 6);
      assert.match(
        stderr,
        /^postern: the gate is not running, and this can only be asked of a running gate \(.*control\.sock\)\n$/,
      );
    }
    assert.ok(!readdirSync(directory.path).includes('postern.db'), 'nothing was made for it');
  });

  it('as root does what the owner of the state directory would do: no file there is root’s', async function () {
    if (process.geteuid?.() !== 0) this.skip();
    chmodSync(directory.path, 0o755);
    const state = directory.file('state');
    mkdirSync(state, { mode: 0o700 });
    chownSync(state, 65_534, 65_534);
    const named = ['--settings', writeGateSettings(directory.path, { state })];
    const added = await postern(['customer', 'add', 'alice', ...named]);
    assert.equal(added.status, 0, added.stderr);
    assert.match((await postern(['customer', 'list', ...named])).stdout, /alice/);
    assert.equal((await postern(['backup', directory.file('copy.db'), ...named])).status, 0);
    assert.match((await postern(['doctor', ...named])).stdout, /^ok {4}database: it opens; 1 customers/m);
    for (const name of readdirSync(state)) assert.equal(statSync(join(state, name)).uid, 65_534, name);
    assert.equal(statSync(directory.file('copy.db')).uid, 0);
  });

  it('makes no files in another user’s state directory', async function () {
    // Root would act as that user.
    if (process.geteuid?.() === 0) this.skip();
    const state = '/usr';
    const named = ['--settings', writeGateSettings(directory.path, { state })];
    const { status, stderr } = await postern(['customer', 'add', 'alice', ...named]);
    assert.equal(status, 3);
    assert.match(
      stderr,
      /^postern: the gate is not running, and \S+ belongs to the user with id \d+, and this runs as \d+: run it as that user/,
    );
    assert.ok(!readdirSync(state).includes('postern.db'));
  });

  it('makes no state directory', async () => {
    const named = ['--settings', writeGateSettings(directory.path, { state: directory.file('absent') })];
    const { status, stderr } = await postern(['customer', 'list', ...named]);
    assert.equal(status, 3);
    assert.match(stderr, /there is no state directory \S+absent: start the gate once/);
  });

  it('says where settings are wrong', async () => {
    const file = directory.write('broken.yaml', 'site: x\nlissten: []\n');
    const { status, stderr } = await postern(['customer', 'list', '--settings', file]);
    assert.equal(status, 2);
    assert.match(stderr, /broken\.yaml:2:1: .*lissten/);
  });

  it('checks policy files', async () => {
    const good = directory.write('good.yaml', 'rules:\n  - allow: [reboot]\n    roles: [owner]\n');
    const bad = directory.write('bad.yaml', 'rules:\n  - allow: [rebot]\n');
    const [sound, unsound] = await Promise.all([
      postern(['policy', 'check', good]),
      postern(['policy', 'check', bad, '--json']),
    ]);
    assert.equal(sound.status, 0, sound.stdout + sound.stderr);
    assert.equal(unsound.status, 1);
    const { problems } = JSON.parse(unsound.stdout) as { problems: { line: number; suggestion: string }[] };
    assert.deepEqual(
      problems.map(({ line, suggestion }) => [line, suggestion]),
      [[2, 'reboot']],
    );
  });

  it('checks the policy directory of the settings when no file is named', async () => {
    const [sound, absent] = await Promise.all([
      postern(['policy', 'check', ...settings]),
      postern(['policy', 'check', '--settings', directory.file('absent.yaml')]),
    ]);
    assert.equal(sound.status, 0, sound.stdout + sound.stderr);
    assert.match(sound.stdout, /^the policy is sound: 1 file, 1 rule/m);
    assert.equal(absent.status, 2);
    assert.match(absent.stderr, /absent\.yaml/);
  });

  it('prints the host key as ssh-keygen does', async () => {
    const key = directory.file('host_key');
    assert.match(
      (await postern(['hostkey', ...settings])).stderr,
      /there is no .*host_key\.pub: the gate makes its host key/,
    );
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const { stdout } = await postern(['hostkey', '--json', ...settings]);
    const shown = JSON.parse(stdout) as { fingerprint: string; knownHosts: string[]; sshfp: string[] };
    const keygen = (...args: string[]): string =>
      execFileSync('ssh-keygen', [...args, '-f', `${key}.pub`], { encoding: 'utf8' });
    assert.ok(keygen('-l').includes(` ${shown.fingerprint} `));
    assert.ok(
      keygen('-r', 'console.example.net.')
        .split('\n')
        .includes(shown.sshfp[0] ?? 'none'),
    );
    assert.equal(shown.sshfp.length, 1);
    directory.write('known_hosts', `${shown.knownHosts.join('\n')}\n`);
    for (const host of ['[console.example.net]:2222', 'console.example.net']) {
      const found = execFileSync('ssh-keygen', ['-F', host, '-f', directory.file('known_hosts')], {
        encoding: 'utf8',
      });
      assert.match(found, /ssh-ed25519 AAAA/, host);
    }
    assert.equal(shown.knownHosts.length, 2, 'one line for each port');
  });
});

describe('cli: doctor', () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = new TemporaryDirectory();
  });

  afterEach(() => {
    directory.dispose();
  });

  it('finds what is wrong, says how to mend it, and ends with 1', async () => {
    const settings = writeGateSettings(directory.path, { policy: 'rules:\n  - allow: [rebot]\n' });
    await postern(['customer', 'add', 'alice', '--settings', settings]);
    chmodSync(directory.file('postern.db'), 0o644);
    writeFileSync(directory.file('host_key'), 'nonsense', { mode: 0o644 });
    const { status, stdout } = await postern(['doctor', '--settings', settings]);
    assert.equal(status, 1);
    for (const pattern of [
      /^ok {4}node: Node\.js/m,
      /^ok {4}better-sqlite3: its native part loads/m,
      /^ok {4}notify: its native part loads/m,
      /^ok {4}settings: .*gate\.yaml is sound/m,
      /^fail {2}database: .*postern\.db is open to others \(mode 0644\)\n {6}-> chmod 600 /m,
      /^fail {2}host key: .*host_key is open to others/m,
      /^fail {2}policy: .*policy\.yaml:2:\d+: [^]*did you mean `reboot`/m,
      /^warn {2}gate: the gate does not answer on .*control\.sock: there is no such file or directory\n {6}-> systemctl start postern-gate/m,
      /^fail {2}host xen1: the dom0 half does not answer on .*dom0\.sock.*\n {6}-> start the dom0 half/m,
      /\n\d+ ok, \d+ to look at, 4 to mend\n$/,
    ]) {
      assert.match(stdout, pattern);
    }
  });

  it('looks at a dom0 half too, and answers in JSON', async () => {
    const file = directory.write(
      'dom0.yaml',
      JSON.stringify({
        host: 'xen1',
        socket: directory.file('dom0.sock'),
        state: directory.path,
        toolstack: { kind: 'xl', command: directory.file('xl') },
        domains: [join(directory.path, '*.cfg')],
      }),
    );
    const { status, stdout } = await postern(['doctor', '--dom0-settings', file, '--json']);
    assert.equal(status, 1);
    const { ok, found } = JSON.parse(stdout) as {
      ok: boolean;
      found: { level: string; subject: string; mend: string | null }[];
    };
    assert.equal(ok, false);
    const level = (subject: string): string | undefined =>
      found.find((one) => one.subject === subject)?.level;
    assert.deepEqual(['node', 'node-pty', 'dom0 settings', 'toolstack', 'domains', 'dom0'].map(level), [
      'ok',
      'ok',
      'ok',
      'fail',
      'warn',
      'fail',
    ]);
    assert.ok(
      found.every((one) => one.level === 'ok' || one.mend !== null),
      'each says how to mend it',
    );
  });

  it('says when there are no settings at all', async () => {
    const { status, stdout } = await postern(['doctor', '--settings', directory.file('absent.yaml')]);
    assert.equal(status, 1);
    assert.match(stdout, /^fail {2}settings: .*absent\.yaml: /m);
  });
});
