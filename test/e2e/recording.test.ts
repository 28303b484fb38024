import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { PlayedCast } from '../support/played-cast.js';
import type { TerminalClient } from '../support/terminal-client.js';

const RULES = 'rules:\n  - allow: [all]\n    roles: [owner]\n';
const recordAlice = (what: string): string =>
  `${RULES}consoles:\n  - customers: [alice]\n    record: ${what}\n`;
const TOLD = /This visit is recorded: the screen, not your keys\. ID ([0-9a-f]{12})\./;

interface Listed {
  readonly id: string;
  readonly customer: string;
  readonly domain: string;
  readonly begunAt: string;
  readonly endedAt: string | null;
  readonly record: string;
}

/** Opens a recorded console with a shell. @returns the visit's client and its recording */
async function visit(house: House, what = TOLD): Promise<[TerminalClient, string]> {
  const alice = house.terminal('alice', 'horatio console');
  await alice.receives(what);
  const id = what.exec(alice.raw)?.[1] ?? assert.fail();
  await logIn(alice);
  return [alice, id];
}

async function logIn(client: TerminalClient): Promise<void> {
  client.type('\r');
  await client.sees(/login:|# *$/);
  if (!/# *$/.test(client.screen)) client.type('root\r');
  await client.sees(/# *$/);
}

async function leave(client: TerminalClient): Promise<void> {
  client.type('\x1d.');
  assert.equal(await client.ends(), 0);
}

async function list(house: House, ...options: string[]): Promise<Listed[]> {
  const { stdout, stderr, status } = await house.postern('recording', 'list', '--json', ...options);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Listed[];
}

async function exported(house: House, id: string): Promise<string> {
  const { stdout, stderr, status } = await house.postern('recording', 'export', id);
  assert.equal(status, 0, stderr);
  return stdout;
}

const directoryOf = (house: House): string => join(house.layout.gateState, 'recordings');

/** The names of the files, oldest first. */
function files(house: House): string[] {
  return existsSync(directoryOf(house)) ? readdirSync(directoryOf(house)).sort() : [];
}

/** The present file of a recording. */
function fileOf(house: House, id: string): string {
  const name = files(house).find((each) => each.includes(id));
  return join(directoryOf(house), name ?? assert.fail(`there is no recording ${id}`));
}

/** A recording, as far as it is on the disk. */
function played(house: House, id: string): Promise<PlayedCast> {
  return PlayedCast.play(readFileSync(fileOf(house, id), 'utf8'));
}

/** Waits until the recording has ended. */
async function ended(house: House, id: string): Promise<void> {
  await eventually('the recording to end', () => fileOf(house, id).endsWith('.cast'));
}

async function audited(house: House): Promise<Record<string, unknown>[]> {
  const { stdout } = await house.postern('audit', '--json', '-n', '1000');
  const rows = stdout.trim().split('\n');
  return rows.map((row) => (JSON.parse(row) as { event: Record<string, unknown> }).event);
}

async function reload(house: House, policy: string): Promise<void> {
  house.writePolicy(policy);
  const { status, stdout, stderr } = await house.postern('policy', 'reload');
  assert.equal(status, 0, stdout + stderr);
}

describe('recordings', () => {
  let house: House;
  before(async () => {
    house = await House.start({ policy: recordAlice('output') });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(() => house.stop());

  it('are not made by default: nothing is said and nothing is on the disk', async () => {
    assert.equal((await house.ssh('bob', 'yorick start --wait')).status, 0);
    const bob = house.terminal('bob', 'yorick console');
    bob.type('\r');
    await bob.sees('login:');
    await leave(bob);
    assert.doesNotMatch(bob.raw, /recorded/);
    assert.ok(!existsSync(directoryOf(house)));
    assert.equal(
      (await house.ssh('bob', 'recordings')).stdout,
      'No visit of yours to a console is recorded.\n',
    );
    assert.deepEqual(await list(house), []);
  });

  it('are told of before the visit and at its beginning', async () => {
    const alice = house.terminal('alice', '', { ssh: ['-l', 'horatio'] });
    await alice.sees(/1 +Console +recorded, but not your keys; Ctrl-\] and \. come back/);
    alice.type('1');
    await alice.sees(TOLD);
    alice.type('\x1d.');
    await alice.sees(/1 +Console/);
    alice.type('q');
    assert.equal(await alice.ends(), 0);
    const { stdout } = await house.ssh('alice', 'menu --plain', { input: '1\nq\n' });
    assert.match(stdout, /Visits to its console are recorded, but not your keys\./);
    const script = await house.ssh('alice', 'horatio console', { input: '\r' });
    assert.match(script.stderr, TOLD);
  });

  it('played back show what the visitor saw, byte for byte, and hold no key', async () => {
    const [alice, id] = await visit(house);
    alice.type('clear\r');
    alice.type('echo Gr\u00fc\u00dfe \u20ac \u{1f600} $((6*7)) sum\r');
    await alice.sees(/\nGr\u00fc\u00dfe \u20ac .* sum\n/);
    alice.type('tput setaf 1; echo red; stty -echo\r');
    await alice.sees(/red\n[^]*# *$/);
    await eventually('the same screen', async () => {
      const { screen } = await played(house, id);
      return screen === alice.screen;
    });
    await leave(alice);
    await ended(house, id);
    const cast = await PlayedCast.play(await exported(house, id));
    assert.ok(alice.raw.startsWith(cast.said('o')), 'what ssh received');
    assert.match(cast.said('o'), TOLD, 'with our own words');
    assert.equal(cast.said('i'), '');
    assert.deepEqual([cast.header.width, cast.header.height], [80, 24]);
    const events = (await audited(house)).filter(({ recording }) => recording === id);
    assert.deepEqual(
      events.map(({ kind }) => kind).filter((kind) => kind !== 'recording.exported'),
      ['recording.began', 'recording.ended'],
    );
    assert.equal((await house.postern('audit', 'verify')).status, 0);
  });

  it('follow the size of the window', async () => {
    const [alice, id] = await visit(house);
    alice.resize(100, 30);
    await eventually('it in the recording', async () =>
      (await played(house, id)).said('r').includes('100x30'),
    );
    await leave(alice);
  });

  it('are fetched by who made the visit, without and with a terminal', async () => {
    const [alice, id] = await visit(house);
    await leave(alice);
    await ended(house, id);
    const listed = await house.ssh('alice', 'recordings');
    assert.match(
      listed.stdout,
      new RegExp(`^${id} +horatio +\\d{4}-\\d\\d-\\d\\dT\\S+Z +\\d+ s +screen$`, 'm'),
    );
    const json = JSON.parse((await house.ssh('alice', 'recordings --json')).stdout) as Listed[];
    assert.ok(json.some((one) => one.id === id && one.domain === 'horatio' && one.endedAt !== null));
    const fetched = await house.ssh('alice', `recording ${id}`);
    assert.equal(fetched.status, 0);
    assert.equal(fetched.stdout, await exported(house, id));
    await PlayedCast.play(fetched.stdout);
    assert.equal((await house.ssh('alice', 'recording')).status, 2);
    assert.equal((await house.ssh('alice', 'recording 000000000000')).status, 4);
  });

  it('are listed and exported by admins, who are in the audit log', async () => {
    const [alice, id] = await visit(house);
    await leave(alice);
    await ended(house, id);
    const table = await house.postern('recording', 'list', '--customer', 'alice', '--domain', 'horatio');
    assert.match(table.stdout, /^ID +CUSTOMER +DOMAIN +BEGAN +ENDED +RECORDED +SIZE$/m);
    assert.match(table.stdout, new RegExp(`^${id} +alice +horatio .* output +\\d+ KiB$`, 'm'));
    assert.deepEqual(await list(house, '--customer', 'bob'), []);
    assert.deepEqual(await list(house, '--domain', 'ophelia'), []);
    assert.ok((await list(house, '--since', '1h')).some((one) => one.id === id));
    const file = join(house.layout.directory, 'visit.cast');
    const written = await house.postern('recording', 'export', id, file);
    assert.deepEqual([written.status, written.stdout], [0, `${file} is written\n`]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(readFileSync(file, 'utf8'), await exported(house, id));
    assert.equal((await house.postern('recording', 'export', id, file)).status, 3, 'it is there already');
    const none = await house.postern('recording', 'export', '000000000000');
    assert.deepEqual(
      [none.status, none.stderr],
      [4, 'postern: there is no recording 000000000000: see `postern recording list`\n'],
    );
    const exports = (await audited(house)).filter(
      ({ kind, recording }) => kind === 'recording.exported' && recording === id,
    );
    assert.equal(exports.length, 2);
    assert.ok(exports.every(({ actor, customer }) => 'admin' in (actor as object) && customer === 'alice'));
  });

  it('go on and off at once for who is on a console when the policy is changed', async () => {
    await reload(house, recordAlice('off'));
    const alice = house.terminal('alice', 'horatio console');
    await logIn(alice);
    const before = files(house).length;
    alice.type('clear; echo be""fore\r');
    await alice.sees('before');
    house.writePolicy(recordAlice('input'));
    house.signalGate('SIGHUP');
    await alice.receives(/This visit is recorded: all you see and type, passwords too\. ID/);
    alice.type('echo dur""ing\r');
    await alice.sees('during');
    const explained = await house.postern('policy', 'explain', 'alice', 'console', 'horatio');
    assert.match(explained.stdout, /^console +record input, by consoles: at .*10-default\.yaml:5$/m);
    await reload(house, recordAlice('off'));
    await alice.receives('This visit is no longer recorded.');
    alice.type('echo af""ter\r');
    await alice.sees('after');
    await leave(alice);
    const [made = '', ...more] = files(house).slice(before);
    assert.match(made, /,alice,horatio,[0-9a-f]{12},input\.cast$/);
    assert.deepEqual(more, []);
    const cast = await PlayedCast.play(readFileSync(join(directoryOf(house), made), 'utf8'));
    assert.equal(cast.said('i'), 'echo dur""ing\r');
    assert.match(cast.said('o'), /before[^]*during/, 'it begins with the screen as it was');
    assert.doesNotMatch(cast.said('o'), /after/);
    await reload(house, recordAlice('output'));
  });

  it('are removed by admins, not while they run, and with nothing done in a dry run', async () => {
    const [alice, id] = await visit(house);
    const all = await list(house);
    const dry = await house.postern('recording', 'prune', '--older-than', '0s', '--dry-run');
    assert.match(dry.stdout, new RegExp(`^${all.length - 1} would be removed$`, 'm'));
    assert.equal((await list(house)).length, all.length);
    const none = await house.postern('recording', 'prune');
    assert.equal(none.stdout, 'there is nothing to remove\n');
    const pruned = await house.postern('recording', 'prune', '--older-than', '0s', '--json');
    assert.equal((JSON.parse(pruned.stdout) as Listed[]).length, all.length - 1);
    assert.deepEqual(
      (await list(house)).map((one) => one.id),
      [id],
    );
    const removed = (await audited(house)).filter(({ kind }) => kind === 'recording.removed');
    assert.equal(removed.length, all.length - 1);
    await leave(alice);
  });

  it('survive kill -9 of the gate: what was shown can be played at once, and is ended by the next start', async () => {
    const [alice, id] = await visit(house);
    alice.type('clear; echo sur""vives\r');
    await alice.sees('survives');
    await eventually('it on the disk', async () => (await played(house, id)).said('o').includes('survives'));
    await house.endGate('SIGKILL');
    await alice.ends();
    const torn = fileOf(house, id);
    assert.match(torn, /\.cast\.running$/);
    writeFileSync(torn, '[9999.1,"o","half a li', { flag: 'a' });
    const without = await PlayedCast.play(await exported(house, id));
    assert.match(without.screen, /survives/, 'also without a gate');
    assert.equal((await list(house)).find((one) => one.id === id)?.endedAt, null);
    await house.startGate();
    await ended(house, id);
    const whole = await PlayedCast.play(readFileSync(torn.replace('.running', ''), 'utf8'));
    assert.match(whole.screen, /survives/);
    assert.equal(whole.said('o'), without.said('o'));
    const { stdout } = await house.ssh('alice', `recording ${id}`);
    assert.match(stdout, /survives/);
  });

  it('are whole after a gate that was stopped, and pruned without one', async () => {
    const [alice, id] = await visit(house);
    await house.endGate('SIGTERM');
    await alice.ends();
    assert.ok((await list(house)).some((one) => one.id === id && one.endedAt !== null));
    assert.match((await PlayedCast.play(await exported(house, id))).said('o'), /#/);
    assert.equal((await house.postern('recording', 'prune', '--older-than', '0s')).status, 0);
    assert.deepEqual(await list(house), []);
    await house.startGate();
    assert.equal((await house.postern('audit', 'verify')).status, 0);
  });
});

describe('recordings that cannot be written', () => {
  let house: House;
  afterEach(() => house.stop());

  async function begin(settings: string, { blocked = false } = {}): Promise<void> {
    house = await House.layOut({
      policy: recordAlice('output'),
      gateSettings: `recordings: {${settings}}\n`,
    });
    if (blocked) writeFileSync(directoryOf(house), 'in the way');
    await house.startDom0();
    await house.startGate();
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  }

  it('keep nobody from a console: it is told, audited and logged', async () => {
    await begin('days: 1', { blocked: true });
    const alice = house.terminal('alice', 'horatio console');
    await alice.receives('This visit cannot be recorded just now. It goes on without a recording.');
    alice.type('\r');
    await alice.sees('login:');
    await leave(alice);
    assert.match(readFileSync(house.log('gate'), 'utf8'), /"msg":"recording\.failed"/);
    const failed = (await audited(house)).filter(({ kind }) => kind === 'recording.failed');
    assert.equal(failed.length, 1);
    rmSync(directoryOf(house));
    const [again] = await visit(house);
    await leave(again);
  });

  it('refuse the visit where there must be one', async () => {
    await begin('required: true', { blocked: true });
    for (const how of ['console', 'watch']) {
      const refused = await house.ssh('alice', `horatio ${how}`);
      assert.equal(refused.status, 3);
      assert.match(
        refused.stderr,
        /^Visits to the console of horatio must be recorded, and that is not possible/,
      );
    }
    assert.equal((await house.ssh('alice', 'horatio log')).status, 0, 'all else goes on');
    rmSync(directoryOf(house));
    const [again] = await visit(house);
    await leave(again);
  });

  it('end with a whole line when the disk is full amid a visit, which goes on', async () => {
    await begin('perRecordingMiB: 64');
    const [alice, id] = await visit(house);
    // RLIMIT_FSIZE: a write beyond it is cut short and fails with EFBIG, as a full disk's write fails with
    // ENOSPC.
    execFileSync('prlimit', ['--pid', String(house.gatePid), `--fsize=${2 * 1024 * 1024}`]);
    const told = 'This visit cannot be recorded just now. It goes on without a recording.';
    await eventually(
      'the recording to fail',
      () => {
        if (alice.raw.includes(told)) return true;
        // Output is skipped for a slow visitor, and then less is recorded.
        if (/# *$/.test(alice.screen)) alice.type('flood 500000\r');
        return false;
      },
      { everyMs: 200 },
    );
    await alice.sees(/# *$/);
    await leave(alice);
    await ended(house, id);
    // Read the file itself: an export would leave out a torn end.
    const cast = await played(house, id);
    assert.match(cast.said('o'), /0123456789abcdef[^]*\r\n0123456789abcdef/);
    const events = (await audited(house)).filter(
      ({ recording, kind }) => recording === id || kind === 'recording.failed',
    );
    assert.deepEqual(
      events.map(({ kind, reason, detail }) => reason ?? (detail === undefined ? kind : 'failed as told')),
      ['recording.began', 'failed', 'failed as told'],
    );
  });
});
