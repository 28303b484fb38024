import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthorityName } from '../../policy/names.js';
import { fingerprintOf } from '../../server/gate/keys/public-key.js';
import { eventually } from '../support/eventually.js';
import { GateUnderTest } from '../support/gate-under-test.js';
import { House } from '../support/house.js';
import type { Ended } from '../support/house.js';
import { SshClient, type ClientKey } from '../support/ssh-client.js';
import { ADMIN } from '../support/temporary-store.js';
import { TerminalClient } from '../support/terminal-client.js';
import { FORKY, opensshOf, TRIXIE } from './debian-openssh.js';
import { Dropbear } from './dropbear.js';
import { AsyncSsh, LibSsh, Paramiko } from './library-program.js';
import { OpenSsh } from './openssh.js';
import { Plink } from './plink.js';
import type { CommandLine, SshProgram, Target } from './ssh-program.js';

const KIB = 1024;
const LEAVE = '\x1d.';

const PROGRAMS: readonly SshProgram[] = [
  new OpenSsh(),
  opensshOf(TRIXIE),
  opensshOf(FORKY),
  new Dropbear(),
  new Plink(),
  new Paramiko(),
  new AsyncSsh(),
  new LibSsh(),
];

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Lines of text with all kinds of characters, all different. */
function paste(size: number): string {
  const lines = Array.from(
    { length: Math.ceil(size / 64) },
    (_, n) => `${n} é€𝄞 `.padEnd(20, '~') + randomBytes(24).toString('base64'),
  );
  return `${lines.join('\n').slice(0, size)}\n`;
}

describe('clients', () => {
  let house: House;
  let frontClient: SshClient;
  /** Asks for new keys after each 64 KiB, and echoes. */
  let asking: GateUnderTest;
  /** Only echoes. */
  let waiting: GateUnderTest;
  /** Of `waiting`. */
  const isAdded = new Set<string>();
  let authority: ClientKey;

  before(async () => {
    // A guest that writes its input to a file, and echoes it.
    house = await House.start({
      console: 'stty raw -echo && exec tee -a "$(dirname "$0")/typed"',
      domains: [{ name: 'horatio' }],
      customers: { alice: { horatio: 'owner' } },
    });
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    frontClient = new SshClient();
    asking = new GateUnderTest({ parts: { rekey: { bytes: 64 * KIB, ms: 3_600_000 } } });
    waiting = new GateUnderTest();
    for (const gate of [asking, waiting]) {
      gate.customer('alice', [frontClient.key('alice').blob]);
      await gate.listen(frontClient);
    }
    authority = frontClient.key('authority');
    const { blob, type } = authority;
    const ca = { name: 'ca' as AuthorityName, fingerprint: fingerprintOf(blob), type, blob };
    waiting.store.authorities.add({ ...ca, everybody: true, customers: [], groups: [] }, ADMIN);
  });

  after(async () => {
    await house.stop();
    frontClient.dispose();
    await asking.dispose();
    await waiting.dispose();
  });

  for (const program of PROGRAMS) {
    const about = program.missing ?? program.version();
    (program.missing === null ? describe : describe.skip)(`${program.name} (${about})`, () => {
      cases(program);
    });
    if (program.missing !== null) process.stderr.write(`${program.name} ${program.missing}.\n`);
  }

  function cases(program: SshProgram): void {
    const open: { kill(): void }[] = [];
    let to: Target;

    before(() => {
      to = target(
        join(house.layout.clientKeys, 'alice'),
        house.port,
        readFileSync(`${house.layout.hostKey}.pub`, 'utf8'),
      );
      program.prepare(to);
    });
    afterEach(() => {
      for (const each of open.splice(0)) each.kill();
    });

    function target(key: string, port: number, hostKey: string): Target {
      const home = join(house.layout.logs, program.name.replaceAll(' ', '-'), String(port));
      mkdirSync(home, { recursive: true });
      const [type = '', blob = ''] = hostKey.split(' ');
      const file = join(home, 'known');
      writeFileSync(file, `[127.0.0.1]:${port} ${type} ${blob}\n`);
      return { port, login: 'alice', key, knownHosts: file, hostKey: `${type} ${blob}`, home };
    }

    function front(gate: GateUnderTest): Target {
      const one = target(frontClient.key('alice').file, gate.port, gate.hostKey.publicLine);
      program.prepare(one);
      return one;
    }

    function onPty({ file, args }: CommandLine): TerminalClient {
      const client = new TerminalClient(file, args, { env: { HOME: to.home } });
      open.push(client);
      return client;
    }

    async function piped(
      line: CommandLine,
      home: string,
      input: Buffer | string = '',
    ): Promise<Ended & { bytes: Buffer }> {
      const child = spawn(line.file, [...line.args], {
        env: { PATH: process.env['PATH'], HOME: home, TERM: 'xterm' },
      });
      open.push(child);
      const pieces: Buffer[] = [];
      let stderr = '';
      child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
      const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
      const bytes = Buffer.concat(pieces);
      return { status, stdout: bytes.toString(), stderr, bytes };
    }

    it('logs in by its key and runs commands, whose exit statuses it hands on', async () => {
      const list = await piped(program.exec(to, 'list'), to.home);
      assert.equal(list.status, 0, list.stderr);
      assert.match(list.stdout, /^horatio/m);
      assert.equal((await piped(program.exec(to, 'yorick status'), to.home)).status, 4);
      assert.equal((await piped(program.exec(to, 'horatio fly'), to.home)).status, 2);
    });

    for (const [kind, bits] of [
      ['ecdsa', 256],
      ['ecdsa', 384],
      ['ecdsa', 521],
      ['rsa', 3072],
    ] as const) {
      it(`logs in by a key of type ${kind} with ${bits} bits`, async () => {
        const key = frontClient.key(`${kind}-${bits}`, kind, bits);
        const login = `${kind}-${bits}`;
        if (!isAdded.has(login)) waiting.customer(login, [key.blob]);
        isAdded.add(login);
        const one = { ...target(key.file, waiting.port, waiting.hostKey.publicLine), login };
        program.prepare(one);
        const { status, stdout, stderr } = await piped(program.exec(one, 'whoami'), one.home);
        assert.equal(status, 0, stderr);
        assert.equal(stdout, `${login} -\n`);
      });
    }

    it('logs in by a certificate', async function () {
      if (program.certified === null) this.skip();
      const key = frontClient.certify(authority, frontClient.key('alice'), ['-I', 'a login', '-n', 'alice']);
      const one = target(key.file, waiting.port, waiting.hostKey.publicLine);
      program.prepare(one);
      const { status, stdout, stderr } = await piped(
        program.certified(one, key.certificate, 'whoami'),
        one.home,
      );
      assert.equal(status, 0, stderr);
      assert.equal(stdout, 'alice -\n');
      assert.equal(waiting.eventsOf('login.accepted').at(-1)?.certificate?.keyId, 'a login');
    });

    it('ends a command that reads its stdin to the end', async () => {
      const ended = await piped(program.exec(to, 'menu --plain'), to.home);
      assert.equal(ended.status, 0, ended.stderr);
      assert.match(ended.stdout, /horatio/);
    });

    it('paints the menu, takes a key and leaves', async () => {
      const menu = onPty(program.terminal(to, ''));
      await menu.sees(/horatio[\s\S]*Console/);
      menu.type('?');
      await menu.sees('Help');
      menu.type('\x1b');
      await menu.sees('close this connection');
      menu.type('q');
      assert.equal(await menu.ends(), 0);
    });

    it('tells the menu of another window', async () => {
      const menu = onPty(program.terminal(to, ''));
      await menu.sees(/horatio[\s\S]*Console/);
      menu.resize(120, 30);
      await menu.sees(/ {60,}alice *$/m);
      menu.type('q');
      assert.equal(await menu.ends(), 0);
    });

    it('types on a console, sees the echo and leaves', async () => {
      const console = onPty(program.terminal(to, 'horatio console'));
      await console.receives('horatio');
      console.type(`words of ${program.name}\r`);
      await console.receives(`words of ${program.name}`);
      console.type(LEAVE);
      assert.equal(await console.ends(), 0);
    });

    it('pastes 64 KiB on a console, and nothing is lost', async () => {
      const typed = join(house.xl, '..', 'typed');
      const before = statSync(typed).size;
      const text = paste(64 * KIB);
      const console = onPty(program.terminal(to, 'horatio console'));
      await console.receives('horatio');
      console.type(text);
      const all = Buffer.from(text);
      await eventually('the guest to have it all', () => statSync(typed).size >= before + all.length);
      assert.equal(sha(readFileSync(typed).subarray(before)), sha(all));
      const lastLine = text.trimEnd().split('\n').at(-1) ?? '';
      await console.receives(lastLine);
      console.type(LEAVE);
      assert.equal(await console.ends(), 0);
    });

    it('exchanges keys whenever the gate asks, and loses nothing', async () => {
      // The gate sends nothing between its request and the new keys. So the complete echo proves the
      // exchanges.
      const text = randomBytes(512 * KIB);
      const one = front(asking);
      const { status, bytes, stderr } = await piped(program.exec(one, 'cat'), one.home, text);
      assert.equal(status, 0, stderr);
      assert.equal(sha(bytes), sha(text));
    });

    it('asks for new keys, and loses nothing', async function () {
      if (program.rekey === null) this.skip();
      const text = randomBytes(512 * KIB);
      const one = front(waiting);
      const { status, bytes, stderr } = await piped(program.rekey(one, 'cat'), one.home, text);
      assert.equal(status, 0, stderr.slice(-2000));
      assert.equal(sha(bytes), sha(text));
      assert.ok((stderr.match(program.rekeyed) ?? []).length > 3, stderr.slice(-2000));
    });

    it('agrees with the gate on the key exchange it should choose, also when either asks for new keys', async function () {
      const { exchanged, verbose, rekey } = program;
      if (exchanged === undefined || verbose === undefined || rekey === null) this.skip();
      const text = randomBytes(512 * KIB);
      for (const [gate, way] of [
        [asking, verbose],
        [waiting, rekey],
      ] as const) {
        const one = front(gate);
        const { bytes, stderr } = await piped(way(one, 'cat'), one.home, text);
        assert.equal(sha(bytes), sha(text));
        const exchanges = stderr.match(/kex: algorithm: /g) ?? [];
        assert.ok(exchanges.length > 3, stderr.slice(-2000));
        assert.equal((stderr.match(exchanged) ?? []).length, exchanges.length);
        assert.doesNotMatch(stderr, /warning|post-quantum/i);
      }
    });

    it('has several channels on one connection', async function () {
      if (program.channels === null) this.skip();
      const commands = ['list', 'horatio status', 'help'];
      const { status, stdout, stderr } = await program.channels(to, commands);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^horatio/m);
      assert.match(stdout, /^horatio is running[\s\S]*^Exit status: 0 done/m);
    });
  }
});
