import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Pty, inheritedDescriptors, withoutInherited } from '../../../server/dom0/process/pty.js';
import type { PtyCommand, PtyExit, PtyListener } from '../../../server/dom0/process/pty.js';
import { INPUT_LIMIT } from '../../../server/dom0/process/pty-input.js';
import { eventually } from '../../support/eventually.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const sh = (script: string, env: Record<string, string> = {}): PtyCommand => ({
  file: '/bin/sh',
  args: ['-c', script],
  env: { PATH: '/usr/bin:/bin', ...env },
  cwd: '/',
});

/** How often another pty gets a descriptor's number while the first one's input still waits. */
const REUSES = 20;

/** Prints READY when the terminal is raw, then reads nothing. */
const DEAF = 'stty raw -echo; printf READY; exec sleep 60';

class Ear implements PtyListener {
  readonly chunks: Buffer[] = [];
  ended: PtyExit | null = null;
  drains = 0;
  late = 0;

  data(bytes: Buffer): void {
    this.chunks.push(Buffer.from(bytes));
    if (this.ended !== null) this.late += bytes.length;
  }

  exit(exit: PtyExit): void {
    this.ended = exit;
  }

  drain(): void {
    this.drains += 1;
  }

  get heard(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async hears(text: string): Promise<void> {
    await eventually(`the pty to say ${text}`, () => this.heard.includes(text), { everyMs: 2 });
  }

  async end(): Promise<PtyExit> {
    return eventually('the exit', () => this.ended, { everyMs: 2 });
  }
}

describe('Pty', () => {
  const open: Pty[] = [];
  const start = (command: PtyCommand): { pty: Pty; ear: Ear } => {
    const ear = new Ear();
    const pty = new Pty(command, 80, 24, ear);
    open.push(pty);
    return { pty, ear };
  };

  afterEach(async () => {
    for (const pty of open.splice(0)) pty.close();
    await eventually('all ptys to be closed', () => inheritedDescriptors().length === 0, { everyMs: 2 });
  });

  it('gives the process the environment and the folder it was given, and nothing of ours', async () => {
    process.env['POSTERN_SECRET_OF_THE_PARENT'] = 'x';
    const { ear } = start(sh('env; pwd; stty size', { WORD: 'given' }));
    delete process.env['POSTERN_SECRET_OF_THE_PARENT'];
    await ear.end();
    const said = ear.heard.toString();
    assert.match(said, /WORD=given/);
    assert.match(said, /^\/\r$/m);
    assert.match(said, /24 80/);
    assert.doesNotMatch(said, /POSTERN_SECRET|HOME=/);
  });

  it('carries bytes, not text', async () => {
    const { ear } = start(sh(String.raw`stty raw; printf '\377\000\303('`));
    await ear.end();
    assert.deepEqual(ear.heard, Buffer.from([0xff, 0x00, 0xc3, 0x28]));
  });

  it('tells a missing program by its exit', async () => {
    const { ear } = start({ file: '/nonexistent/xl', args: [], env: {}, cwd: '/' });
    assert.equal((await ear.end()).code, 1);
  });

  it('brings everything that was said before the exit, also when it was not being read', async () => {
    const { pty, ear } = start(sh('stty raw; head -c 3000 /dev/zero | tr "\\0" x; exit 7'));
    pty.pause();
    assert.equal((await ear.end()).code, 7);
    assert.equal(ear.heard.length, 3000);
    assert.equal(ear.late, 0);
  });

  it('carries a megabyte of input whole, refusing what there is no room for', async () => {
    const size = 1024 * 1024;
    const directory = new TemporaryDirectory();
    const go = directory.file('go');
    // It reads nothing before the first refusal, however busy the machine is.
    const waits = `while [ ! -e ${go} ]; do sleep 0.01; done`;
    const { pty, ear } = start(sh(`stty raw -echo; printf READY; ${waits}; head -c ${size} | sha256sum -b`));
    await ear.hears('READY');
    pty.openInput();
    const input = Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxyz0123456');
    let refusals = 0;
    for (let at = 0; at < size;) {
      const before = ear.drains;
      const taken = pty.write(input.subarray(at, at + INPUT_LIMIT));
      at += taken;
      if (taken === INPUT_LIMIT || at === size) continue;
      refusals += 1;
      writeFileSync(go, '');
      await eventually('room', () => ear.drains > before, { everyMs: 1 });
    }
    assert.ok(refusals > 0);
    await ear.end();
    directory.dispose();
    assert.ok(ear.heard.includes(createHash('sha256').update(input).digest('hex')));
  });

  it('holds back input until it is opened', async () => {
    const { pty, ear } = start(sh('stty raw -echo; printf READY; exec cat'));
    pty.write(Buffer.from('early '));
    await ear.hears('READY');
    pty.write(Buffer.from('bird'));
    pty.openInput();
    await ear.hears('early bird');
    assert.equal(ear.heard.toString(), 'READYearly bird');
  });

  it('keeps no more than its bound for a process that reads nothing, at next to no cost', async () => {
    const { pty, ear } = start(sh(DEAF));
    await ear.hears('READY');
    pty.openInput();
    const chunk = Buffer.alloc(32 * 1024, 'x');
    let taken = 0;
    for (let i = 0; i < 64; i++) taken += pty.write(chunk);
    assert.equal(pty.write(chunk), 0, 'a full queue takes nothing');
    assert.ok(taken >= INPUT_LIMIT && taken < 4 * INPUT_LIMIT, `${taken} bytes were taken of 2 MiB`);
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 150_000, `${user + system} µs of CPU in 500 ms`);
  });

  it('never types what was meant for one process into the next that has the same descriptor', async () => {
    const victims: { pty: Pty; ear: Ear }[] = [];
    let reused = 0;
    for (let round = 0; round < 60 && reused < REUSES; round++) {
      const { pty, ear } = start(sh(DEAF));
      await ear.hears('READY');
      pty.openInput();
      const fd = pty.descriptor;
      while (pty.write(Buffer.alloc(16 * 1024, 'SECRET')) > 0);
      pty.close();
      // Right after the descriptor becomes free, with the first pty's queue full until then.
      while (pty.descriptor !== undefined) await new Promise(setImmediate);
      const next = start(sh('stty raw -echo; printf READY; exec cat'));
      pty.write(Buffer.from('SECRET'));
      pty.resize(100, 30);
      if (next.pty.descriptor === fd) reused += 1;
      next.pty.openInput();
      await next.ear.hears('READY');
      next.pty.write(Buffer.from('own'));
      await next.ear.hears('own');
      victims.push(next);
    }
    assert.equal(reused, REUSES, 'descriptors that were used again');
    for (const { ear } of victims) assert.equal(ear.heard.toString(), 'READYown');
  });

  it('keeps its descriptor from a daemon started meanwhile', async () => {
    const { pty, ear } = start(sh(DEAF));
    await ear.hears('READY');
    const list = (stdio: ('ignore' | 'pipe' | number)[]): string =>
      spawnSync('/bin/sh', ['-c', 'ls -l /proc/self/fd'], { stdio }).stdout.toString();
    assert.deepEqual(inheritedDescriptors(), [pty.descriptor]);
    assert.match(
      list(['ignore', 'pipe', 'ignore']),
      /ptmx/,
      'Node or node-pty closes it now: withoutInherited can go',
    );
    assert.doesNotMatch(list(withoutInherited(['ignore', 'pipe', 'ignore'])), /ptmx/);
  });

  it('ends a process that ignores the hang-up', async () => {
    const { pty, ear } = start(sh('trap "" HUP; printf READY; while :; do sleep 1; done'));
    await ear.hears('READY');
    pty.close();
    await ear.end();
    pty.close();
    pty.resize(10, 10);
    assert.equal(pty.write(Buffer.from('x')), 1);
  });
});
