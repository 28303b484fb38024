import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { inGuest } from '../support/guest-shell.js';
import { House } from '../support/house.js';
import type { Ended } from '../support/house.js';

const CUSTOMERS = {
  alice: { horatio: 'owner' },
  bob: { yorick: 'owner' },
  oscar: { horatio: 'operator' },
  wanda: { horatio: 'watcher' },
} as const;
const NO_LOG_FOR_WATCHERS = `rules:
  - deny: [log]
    roles: [watcher]
    reason: Ask the owner for the log.
  - allow: [all]
`;

describe('the console log over ssh', () => {
  let house: House;
  before(async () => {
    house = await House.start({ customers: CUSTOMERS });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(() => house.stop());

  const log = (flags = '', who = 'alice'): Promise<Ended> => house.ssh(who, `horatio log ${flags}`);

  async function logShows(what: RegExp, flags = ''): Promise<string> {
    return eventually(`the log to show ${String(what)}`, async () => {
      const { stdout, status } = await log(flags);
      return status === 0 && what.test(stdout) ? stdout : null;
    });
  }

  /** Waits until the gate hears the host again. */
  async function heard(): Promise<void> {
    await eventually('the host to be heard', async () =>
      (await house.ssh('alice', 'horatio status --json')).stdout.includes('"reachable":true'),
    );
  }

  /** The dom0 half's log on its disk, byte for byte. */
  function onDisk(): Buffer {
    const folder = join(house.layout.dom0State, 'console-log', 'domains', 'horatio');
    const files = readdirSync(folder).filter((name) => name.endsWith('.log'));
    return Buffer.concat(files.sort().map((name) => readFileSync(join(folder, name))));
  }

  /** Starts a program that reads ssh's output. */
  function follow(
    who: string,
    command: string,
  ): { text: () => string; ended: Promise<number | null>; kill: () => void } {
    const child = spawn('ssh', [...house.sshArgs(who, ['-T']), '--', command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (data: string) => (text += data));
    child.stderr.setEncoding('utf8').on('data', (data: string) => (text += data));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { text: () => text, ended, kill: () => child.kill('SIGKILL') };
  }

  it('is kept while nobody is attached', async () => {
    const text = await logShows(/login:/);
    assert.match(text, /Linux version/);
    assert.doesNotMatch(text, /\r|\x1b/);
  });

  it('outlives a stop and kill -9 of the dom0 half, up to what it had written, and the next one begins clean', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await inGuest(house, 'alice', 'horatio', `echo before the ${signal}`);
      await eventually('it to be on the disk', () => onDisk().includes(`\nbefore the ${signal}`));
      await house.endDom0(signal);
      assert.equal((await log()).status, 6);
      await house.startDom0();
      await heard();
      await logShows(new RegExp(`^before the ${signal}$`, 'm'));
      await inGuest(house, 'alice', 'horatio', `echo after the ${signal}`);
      const text = await logShows(new RegExp(`^after the ${signal}$`, 'm'));
      assert.match(text, /Linux version[^]*before the SIGTERM[^]*after the/);
    }
    assert.doesNotMatch(readFileSync(house.log('dom0'), 'utf8'), /console-log\.un(writable|readable)/);
    const { stderr } = await log('--boot 0');
    assert.match(stderr, /the boot that began at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, normal/);
    assert.equal((await log('--boot -1')).status, 1, 'it is still the first boot');
  });

  it('tells the last boot from the one before it', async () => {
    await inGuest(house, 'alice', 'horatio', 'echo in the first boot');
    assert.equal((await house.ssh('alice', 'horatio reboot --wait --yes')).status, 0);
    await logShows(/login:/, '--boot 0');
    await inGuest(house, 'alice', 'horatio', 'echo in the second boot');
    const last = await logShows(/^in the second boot$/m, '--boot 0');
    assert.doesNotMatch(last, /in the first boot/);
    const before = await log('--boot -1');
    assert.match(before.stdout, /^in the first boot$/m);
    assert.doesNotMatch(before.stdout, /in the second boot/);
    assert.match(before.stderr, /^horatio: the boot that began at /);
    assert.match((await log('--boot -1 --lines 3')).stdout, /^(.*\n){3}$/);
    const none = await log('--boot -2');
    assert.deepEqual([none.status, none.stdout], [1, '']);
    assert.match(none.stderr, /no such boot/);
  });

  it('shows nothing from before a time, and the last lines', async () => {
    await inGuest(house, 'alice', 'horatio', 'echo the early word');
    await logShows(/^the early word$/m);
    const time = new Date().toISOString();
    await inGuest(house, 'alice', 'horatio', 'echo the late word');
    const text = await logShows(/^the late word$/m, `--since ${time}`);
    assert.doesNotMatch(text, /the early word/);
    assert.match((await log('--since 1h')).stdout, /the early word[^]*the late word/);
    assert.equal((await log('--since 2099-01-01')).stdout, '');
    const lines = (await log('--lines 2')).stdout;
    assert.equal(lines.split('\n').length, 3, lines);
    assert.equal((await log('--lines 0')).stdout, '');
  });

  it('is followed through a reboot, for as long as somebody reads', async () => {
    const reader = follow('alice', 'horatio log --follow --lines 1');
    await eventually('its last line', () => reader.text() !== '');
    await inGuest(house, 'alice', 'horatio', 'echo while it is followed');
    await eventually('the word', () => reader.text().includes('\nwhile it is followed\n'));
    assert.doesNotMatch(reader.text(), /Linux version/);
    assert.equal((await house.ssh('alice', 'horatio reboot --wait --yes')).status, 0);
    await eventually('the next boot', () => /Linux version[^]*login:/.test(reader.text()));
    reader.kill();
    await reader.ended;
    const atTerminal = house.terminal('alice', 'horatio log --follow');
    await atTerminal.sees('login:');
    atTerminal.type('\x03');
    assert.equal(await atTerminal.ends(), 0);
  });

  it('is given byte for byte as the guest said it with --raw, and does nothing to a terminal without', async () => {
    const hostile = String.raw`\033[?1000h\033]0;owned\x07\033[31mred\033[0m\033[6n\033P$q\033\\ \xe2\x80\xae|`;
    await inGuest(house, 'alice', 'horatio', `echo -e '${hostile}'`);
    const text = await logShows(/\^\[\[\?1000hred\^\[\[6n /);
    assert.match(text, /\^\[\[6n <U\+202E>\||\^\[\[6n â<U\+0080>®\|/);
    assert.doesNotMatch(text, /[^\P{C}\n]/u);
    const child = spawn(
      'ssh',
      [...house.sshArgs('alice', ['-T']), '--', 'horatio log --raw --lines 1000000'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    assert.ok(
      raw.includes(Buffer.from('\x1b[?1000h\x1b]0;owned\x07\x1b[31mred\x1b[0m\x1b[6n\x1bP$q\x1b\\ ')),
    );
    assert.ok(raw.equals(onDisk().subarray(0, raw.length)));
    assert.ok(raw.length > 1000 && onDisk().length - raw.length < 1000);
  });

  it('is switched off by its owner, says since when, and keeps nothing until it is on again', async () => {
    const no = await log('off', 'oscar');
    assert.equal(no.status, 3);
    assert.match(no.stderr, /do not let you switch the console log/);
    assert.equal((await log('off')).status, 0);
    await inGuest(house, 'alice', 'horatio', 'echo a secret word');
    const off = await log();
    assert.match(off.stderr, /switched off since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    assert.match(off.stdout, /Linux version/, 'what was kept stays');
    await house.endDom0('SIGKILL');
    await house.startDom0();
    await heard();
    assert.match((await log()).stderr, /switched off since/);
    const on = await log('on --json');
    assert.deepEqual(JSON.parse(on.stdout), { domain: 'horatio', keeping: true });
    await inGuest(house, 'alice', 'horatio', 'clear', 'echo an open word');
    const text = await logShows(/^an open word$/m, '--lines 100000');
    assert.doesNotMatch(text, /secret/);
    assert.ok(!onDisk().includes('secret'));
    assert.equal((await log()).stderr.includes('switched off'), false);
    const { stdout } = await house.ssh('wanda', 'activity');
    assert.match(stdout, /alice: switched the console log of horatio off/);
  });

  it('is for those whom policy lets read it, and ends for who may no longer', async () => {
    for (const who of ['oscar', 'wanda']) assert.match((await log('', who)).stdout, /Linux version/);
    const reader = follow('wanda', 'horatio log --follow');
    await eventually('the log', () => reader.text().includes('Linux version'));
    house.writePolicy(NO_LOG_FOR_WATCHERS);
    assert.equal((await house.postern('policy', 'reload')).status, 0);
    assert.equal(await reader.ended, 1);
    assert.match(reader.text(), /Ask the owner for the log\.\n$/);
    for (const flags of ['', '--follow', '--raw', '--boot -1', '--json']) {
      const { status, stdout } = await log(flags, 'wanda');
      assert.equal(status, 3);
      assert.doesNotMatch(stdout, /Linux/);
    }
    assert.equal((await log('', 'oscar')).status, 0);
    const { stdout } = await house.postern('audit', '--json', '--limit', '1000');
    assert.match(stdout, /"keep":false,"kind":"domain\.log-switch\.requested"/);
    assert.match(stdout, /"customer":"oscar"[^\n]*"kind":"domain\.log\.requested"/);
    assert.match(stdout, /"action":"log",[^\n]*"customer":"wanda"[^\n]*"kind":"domain\.denied"/);
    assert.equal((await house.postern('audit', 'verify')).status, 0);
  });
});
