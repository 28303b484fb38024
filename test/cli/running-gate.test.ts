import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AuthorityName } from '../../policy/names.js';
import { parsePublicKey } from '../../server/gate/keys/public-key.js';
import type { PublicKey } from '../../server/gate/keys/public-key.js';
import { Store } from '../../server/store/store.js';
import { ControlFixture } from '../support/control-fixture.js';
import { writeGateSettings } from '../support/gate-settings-file.js';
import { POSTERN, postern, startPostern } from '../support/postern-command.js';
import { ADMIN, customerActor, customerName, domainName, fingerprint } from '../support/temporary-store.js';

const ALICE = customerName('alice');
const HORATIO = domainName('horatio');

describe('cli: admin commands on a running gate', () => {
  let gate: ControlFixture;
  let settings: string[];
  let keyFile: string;
  let key: PublicKey;

  before(async () => {
    gate = new ControlFixture();
    await gate.server.listen();
    settings = ['--settings', writeGateSettings(gate.temporary.directory)];
    keyFile = join(gate.temporary.directory, 'id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'alice\u202e@home', '-f', keyFile]);
    key = parsePublicKey(readFileSync(`${keyFile}.pub`, 'utf8')) as PublicKey;
  });

  after(async () => {
    await gate.remove();
  });

  it('adds customer, key and role; each is shown; the log says who did it', async () => {
    const added = await postern(['customer', 'add', 'alice', ...settings]);
    assert.deepEqual([added.status, added.stderr], [0, '']);
    const first = await postern(['key', 'add', 'alice', `${keyFile}.pub`, ...settings]);
    assert.match(first.stdout, new RegExp(`alice may log in with ${key.fingerprint.replace(/[+/]/g, '.')}`));
    const role = await postern(['role', 'add', 'alice', 'horatio', 'owner', ...settings]);
    assert.equal(role.stdout, 'alice is owner of horatio\n');
    assert.match(role.stderr, /no host has shown a domain horatio/);

    const shown = await postern(['customer', 'show', 'alice', ...settings]);
    for (const part of ['alice, since 20', key.fingerprint, 'horatio', 'there are no live sessions']) {
      assert.ok(shown.stdout.includes(part), shown.stdout);
    }
    const listed = await postern(['customer', 'list', '--json', ...settings]);
    assert.deepEqual(
      (JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name),
      ['alice'],
    );
    const roles = await postern(['role', 'list', '--domain', 'horatio', '--json', ...settings]);
    assert.deepEqual(
      (JSON.parse(roles.stdout) as { role: string }[]).map((row) => row.role),
      ['owner'],
    );
    const [row] = gate.store.audit.tail();
    assert.deepEqual(row?.event, { kind: 'customer.added', actor: { admin: 'ada' }, customer: 'alice' });
  });

  it('shows the gate and its hosts at a glance, and fails when something does', async () => {
    const well = await postern(['status', ...settings]);
    assert.deepEqual([well.status, well.stderr], [0, '']);
    assert.match(well.stdout, /^Gate +version 0\.0\.0-test, up .*\n(.*\n)*\nHOST .*\nxen1 +up /);
    gate.problems = ['policy.yaml:3: no such role'];
    const failing = await postern(['status', '--json', ...settings]);
    gate.problems = [];
    const { ok, found } = JSON.parse(failing.stdout) as { ok: boolean; found: { subject: string }[] };
    assert.deepEqual([failing.status, ok], [1, false]);
    assert.ok(found.some(({ subject }) => subject === 'policy'));
  });

  it('shows it again and again with --watch', async () => {
    const watching = startPostern(['status', '--watch', '--json', ...settings]);
    const lines = createInterface({ input: watching.stdout ?? process.stdin })[Symbol.asyncIterator]();
    const times: unknown[] = [];
    while (times.length < 2) {
      const { value } = (await lines.next()) as { value: string };
      times.push((JSON.parse(value) as { overview: { at: string } }).overview.at);
    }
    assert.notEqual(times[0], times[1]);
    watching.kill('SIGINT');
    await once(watching, 'exit');
  });

  it('trusts a CA for whom the admin says, lists it, and ends its sessions when it is removed', async () => {
    const add = (name: string, ...scope: readonly string[]): ReturnType<typeof postern> =>
      postern(['ca', 'add', name, `${keyFile}.pub`, ...scope, ...settings]);
    const nobody = await add('alice-ca');
    assert.equal(nobody.status, 2);
    assert.match(nobody.stderr, /say for whom the CA may speak: --customer, --group or --everybody/);
    assert.match(
      (await add('Bad Name', '--everybody')).stderr,
      /"Bad Name" is not a name: lower-case letters/,
    );
    assert.match((await add('alice-ca', '--group', 'none')).stderr, /the policy has no group none/);
    assert.match((await add('alice-ca', '--customer', 'nobody')).stderr, /there is no customer nobody/);
    const added = await add('alice-ca', '--customer', 'alice');
    assert.deepEqual([added.status, added.stderr], [0, '']);
    assert.equal(added.stdout, `certificates of alice-ca (${key.fingerprint}) let in alice\n`);
    assert.match((await add('again', '--everybody')).stderr, /a CA of this name or with this key already/);
    const { stdout } = await postern(['ca', 'list', ...settings]);
    assert.match(stdout, /alice-ca +SHA256:\S+ +ssh-ed25519 .* alice\n/);

    gate.addSession('c1.1', 'alice', 'z', 'menu', {
      authority: key.fingerprint,
      authorityName: 'alice-ca' as AuthorityName,
    });
    gate.addSession('c2.1', 'alice', 'z');
    const removed = await postern(['ca', 'remove', 'alice-ca', ...settings]);
    assert.equal(removed.stdout, 'certificates of alice-ca let nobody in any more; 1 session was ended\n');
    assert.deepEqual(
      gate.live.splice(0).map(({ id }) => id),
      ['c2.1'],
    );
    gate.told.length = 0;
    const again = await postern(['ca', 'remove', 'alice-ca', ...settings]);
    assert.match(again.stderr, /there is no CA alice-ca: see `postern ca list`/);
  });

  it('sets parameters for a domain, shows and unsets them; the log says who did it', async () => {
    const domain = (...args: string[]): ReturnType<typeof postern> =>
      postern(['domain', ...args, ...settings]);
    const set = await domain('set', 'ophelia', 'install-suite=bookworm', 'url=http://x/a=b');
    assert.deepEqual([set.status, set.stderr], [0, '']);
    assert.match(set.stdout, /install-suite +bookworm\nurl +http:\/\/x\/a=b\n$/);
    assert.deepEqual(gate.store.audit.tail().at(-1)?.event, {
      kind: 'domain.parameter.set',
      actor: { admin: 'ada' },
      domain: 'ophelia',
      parameter: 'url',
      value: 'http://x/a=b',
    });
    const unset = await domain('unset', 'ophelia', 'url');
    assert.equal(unset.status, 0, unset.stderr);
    assert.match(unset.stdout, /^PARAMETER .*\ninstall-suite +bookworm\n$/);
    const shown = await domain('show', 'ophelia');
    assert.match(
      shown.stdout,
      /^ophelia: no host has shown it so far\nroles: nobody\n\nPARAMETER .*\ninstall-suite +bookworm\n$/,
    );
    const { parameters } = JSON.parse((await domain('show', 'ophelia', '--json')).stdout) as {
      parameters: object;
    };
    assert.deepEqual(parameters, [
      { name: 'install-suite', value: 'bookworm', declared: null, counts: true },
    ]);

    const head = gate.store.audit.head().seq;
    for (const [status, pattern, ...args] of [
      [2, /"install-suite" is not NAME=VALUE/, 'set', 'ophelia', 'install-suite'],
      [2, /"=x" is not NAME=VALUE/, 'set', 'ophelia', '=x'],
      [2, /a name is there twice/, 'set', 'ophelia', 'a=1', 'a=2'],
      [2, /"Suite" is not a name of a parameter/, 'set', 'ophelia', 'Suite=x'],
      [2, /"domain" is not a name of a parameter/, 'set', 'ophelia', 'domain=x'],
      [2, /"__proto__" is not a name of a parameter/, 'set', 'ophelia', '__proto__=x'],
      [2, /"x init=\/bin\/sh" is not a value of a: one word/, 'set', 'ophelia', 'a=x init=/bin/sh'],
      [2, /"" is not a value of a/, 'set', 'ophelia', 'a='],
      [4, /mirror is not set for ophelia/, 'unset', 'ophelia', 'mirror'],
      [4, /no domain yorick was ever seen/, 'show', 'yorick'],
    ] as const) {
      const answer = await domain(...args);
      assert.equal(answer.status, status, answer.stderr);
      assert.match(answer.stderr, pattern);
    }
    assert.equal(gate.store.audit.head().seq, head);
  });

  it('answers a refusal with one sentence and status 3, a bad word with 2, what is not there with 4', async () => {
    const [twice, key2, unknown, name, role, command, missing] = await Promise.all([
      postern(['customer', 'add', 'alice', ...settings]),
      postern(['key', 'add', 'alice', '-', ...settings], { input: readFileSync(`${keyFile}.pub`, 'utf8') }),
      postern(['role', 'add', 'nobody', 'horatio', 'owner', ...settings]),
      postern(['customer', 'add', 'Alice\u001b[2J', ...settings]),
      postern(['role', 'add', 'alice', 'horatio', 'king', ...settings]),
      postern(['customer', 'ad', 'alice']),
      postern(['customer', 'add']),
    ]);
    assert.deepEqual([twice.status, twice.stderr], [3, 'postern: there is a customer alice already\n']);
    assert.equal(key2.status, 3);
    assert.match(key2.stderr, /^postern: this key is registered already: SHA256:\S+\n$/);
    assert.deepEqual([unknown.status, unknown.stderr], [4, 'postern: there is no customer nobody\n']);
    assert.equal(name.status, 2);
    assert.match(
      name.stderr,
      /^postern: "Alice\\u001b\[2J" is not a customer: up to 32 lower-case letters[^\n]*\n$/,
    );
    assert.equal(role.status, 2);
    assert.match(role.stderr, /"king" is not a role: one of owner, operator, watcher/);
    assert.equal(command.status, 2);
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /missing required argument 'customer'/);
  });

  it('takes no private key, and does not repeat it', async () => {
    const refused = await postern(['key', 'add', 'alice', keyFile, ...settings]);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /this is a private key: never paste or send it to anybody/);
    const secret = readFileSync(keyFile, 'utf8').split('\n')[1] ?? '';
    assert.ok(secret.length > 20 && !refused.stderr.includes(secret) && !refused.stdout.includes(secret));
    const absent = await postern(['key', 'add', 'alice', '/nonexistent.pub', ...settings]);
    assert.equal(absent.status, 2);
    assert.match(absent.stderr, /the key \/nonexistent\.pub cannot be read/);
  });

  it('shows a comment with its tricks made visible', async () => {
    gate.store.customers.add(customerName('trickster'), ADMIN);
    gate.store.keys.add(
      {
        customer: customerName('trickster'),
        fingerprint: fingerprint('t'),
        type: 't',
        blob: Buffer.from('k'),
        comment: 'a\u001b[2Jb\u202e',
      },
      ADMIN,
      9,
    );
    const { stdout } = await postern(['key', 'list', 'trickster', ...settings]);
    assert.match(stdout, /a\^\[\[2Jb<U\+202E>/);
  });

  it('removes the last key only when told so', async () => {
    const kept = await postern(['key', 'remove', 'alice', key.fingerprint, ...settings]);
    assert.deepEqual([kept.status, gate.store.keys.list(ALICE).length], [3, 1]);
    gate.addSession('c9.1', 'alice', 'q');
    const removed = await postern(['key', 'remove', 'alice', key.fingerprint, '--last', ...settings]);
    assert.deepEqual([removed.status, gate.store.keys.list(ALICE).length], [0, 0]);
    assert.equal(gate.live.length, 1, 'a session of another key goes on');
  });

  it('lists sessions and ends them; suspending ends them too', async () => {
    gate.addSession('c9.2', 'alice', 'q');
    const listed = await postern(['session', 'list', ...settings]);
    assert.match(listed.stdout, /^SESSION +CUSTOMER +FROM +SINCE +WHAT\nc9\.1 +alice +192\.0\.2\.7/);
    const ended = await postern(['session', 'end', 'c9.1', '--reason', 'tea time', ...settings]);
    assert.equal(ended.status, 0);
    assert.deepEqual(gate.told.at(-1), ['c9.1', 'This session was ended by an administrator: tea time']);
    const suspended = await postern(['customer', 'suspend', 'alice', ...settings]);
    assert.equal(suspended.stdout, 'customer alice is suspended; 1 session was ended\n');
    assert.equal((await postern(['customer', 'resume', 'alice', ...settings])).status, 0);
  });

  it('reads the log: as text, as JSON lines, by customer and since', async () => {
    gate.store.audit.append({
      kind: 'login.refused',
      source: '192.0.2.9',
      connection: 'c7',
      login: 'x\u001b]0;owned\u0007 y',
      fingerprint: null,
      reason: 'unknown',
    });
    const text = await postern(['audit', ...settings]);
    assert.match(
      text.stdout,
      /\n +\d+ 20\S+Z login\.refused connection=c7 login="x\^\[\]0;owned\^G y" reason=unknown source=192\.0\.2\.9\n/,
    );
    assert.match(text.stdout, /customer\.added admin=ada customer=alice\n/);
    const json = await postern(['audit', '--json', '--customer', 'alice', '--since', '1h', ...settings]);
    const rows = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: { kind: string } });
    assert.ok(rows.length > 3 && rows.every(({ event }) => event.kind !== 'login.refused'));
    const bad = await postern(['audit', '--since', 'yesterday', ...settings]);
    assert.equal(bad.status, 2);
    assert.match(bad.stderr, /Give a time such as/);
  });

  it('follows the log until interrupted', async () => {
    const follower = startPostern(['audit', '--follow', '--json', '-n', '1', ...settings]);
    const kinds: string[] = [];
    for await (const line of createInterface({ input: follower.stdout! })) {
      kinds.push((JSON.parse(line) as { event: { kind: string } }).event.kind);
      if (kinds.length === 1) gate.store.audit.append({ kind: 'gate.started', version: '1', revision: 1 });
      else if (kinds.length === 2) follower.kill('SIGINT');
    }
    if (follower.exitCode === null) await once(follower, 'exit');
    assert.equal(follower.exitCode, 0);
    assert.deepEqual(kinds, ['login.refused', 'gate.started']);
  });

  it('ends well when nobody reads it any more', async () => {
    const reader = startPostern(['audit', '--follow', ...settings]);
    const complaints: Buffer[] = [];
    reader.stderr!.on('data', (data: Buffer) => complaints.push(data));
    await once(reader.stdout!, 'data');
    reader.stdout!.destroy();
    gate.store.audit.append({ kind: 'gate.started', version: '1', revision: 1 });
    if (reader.exitCode === null) await once(reader, 'exit');
    assert.equal(reader.exitCode, 0);
    assert.equal(Buffer.concat(complaints).toString(), '');
  });

  it('verifies the log, and says what contradicts it', async () => {
    const good = await postern(['audit', 'verify', ...settings]);
    assert.deepEqual([good.status, good.stderr], [0, '']);
    assert.match(good.stdout, /compared with 0 operations in the journal of xen1\nnothing was changed/);
    const { seq } = gate.store.audit.append({
      kind: 'domain.reboot.requested',
      actor: customerActor(ALICE, fingerprint('a')),
      domain: HORATIO,
      operation: 'o1',
      profile: null,
      rule: 'r',
      revision: 1,
    });
    gate.journal = [{ auditSeq: seq, auditHash: 'f'.repeat(64), operation: 'o1' }];
    const bad = await postern(['audit', 'verify', '--json', ...settings]);
    assert.equal(bad.status, 1);
    assert.deepEqual(
      (JSON.parse(bad.stdout) as { findings: { kind: string }[] }).findings.map(({ kind }) => kind),
      ['contradicted'],
    );
    gate.journal = [];
  });

  it('reloads the policy or says why not; explains', async () => {
    const [good, status, why] = await Promise.all([
      postern(['policy', 'reload', ...settings]),
      postern(['policy', 'status', '--json', ...settings]),
      postern(['policy', 'explain', 'alice', 'poweroff', 'horatio', ...settings]),
    ]);
    assert.match(good.stdout, /the policy is in force: revision \d+/);
    assert.equal((JSON.parse(status.stdout) as { rules: number }).rules, 1);
    assert.match(why.stdout, /alice, poweroff, horatio: denied, no-rule/);
    gate.policyProblems = ['policy.yaml:3:1: a word\u001b[2J is not known'];
    const bad = await postern(['policy', 'reload', ...settings]);
    gate.policyProblems = [];
    assert.equal(bad.status, 1);
    assert.match(
      bad.stdout,
      /policy\.yaml:3:1: a word\^\[\[2J is not known\nthe policy was not loaded; revision \d+ stays in force/,
    );
  });

  it('writes a backup that is whole, once, and for its owner alone', async () => {
    const file = join(gate.temporary.directory, 'copy.db');
    assert.equal((await postern(['backup', file, ...settings])).status, 0);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const copy = Store.open(file);
    assert.deepEqual(copy.audit.verify().findings, []);
    copy.close();
    writeFileSync(file, 'precious');
    assert.equal((await postern(['backup', file, ...settings])).status, 3);
    assert.equal(readFileSync(file, 'utf8'), 'precious');
    const nowhere = await postern(['backup', '/nonexistent/copy.db', ...settings]);
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /^postern: .*\/nonexistent\/copy\.db/);
    assert.equal(existsSync('/nonexistent'), false);
  });

  it('leaves no half of a backup where the disk is full, and says so', async () => {
    const file = join(gate.temporary.directory, 'too-large.db');
    // The largest file that it may write has 8 KiB.
    const limited = ['-c', 'ulimit -f 16 && exec "$0" "$@"', process.execPath, POSTERN, 'backup', file];
    const child = spawn('sh', [...limited, ...settings], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    const [status] = (await once(child, 'close')) as [number | null];
    assert.deepEqual([status, existsSync(file)], [1, false], said);
    assert.match(said, /^postern: EFBIG/);
  });
});
