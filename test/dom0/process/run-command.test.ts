import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pty } from '../../../server/dom0/process/pty.js';
import { runCommand } from '../../../server/dom0/process/run-command.js';
import type { Command } from '../../../server/dom0/process/run-command.js';
import { stopThread } from '../../support/stop-thread.js';

describe('running a command', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-run-'));
  });
  after(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const sh = (script: string, more: Partial<Command> = {}): Command => ({
    file: '/bin/sh',
    args: ['-c', script, 'sh', '$(touch pwned); `id`', '-a'],
    environment: { PATH: '/usr/bin:/bin', LANG: 'C' },
    timeoutMs: 60_000,
    ...more,
  });

  it('hands no console on: what xl create leaves behind would keep its lock after us', async () => {
    const nothing = (): void => undefined;
    const console = { file: '/bin/cat', args: [], env: { PATH: '/usr/bin:/bin' }, cwd: '/' };
    const pty = new Pty(console, 80, 24, { data: nothing, drain: nothing, exit: nothing });
    try {
      const { stdout } = await runCommand(sh('ls -l /proc/self/fd'));
      assert.match(stdout, / 1 -> /);
      assert.doesNotMatch(stdout, /ptmx/);
    } finally {
      pty.close();
    }
  });

  it('passes arguments as they are and an environment of its own', async () => {
    process.env['POSTERN_SECRET_FOR_THIS_TEST'] = 'leaked';
    try {
      const result = await runCommand(sh('printf "%s|%s|" "$1" "$2"; env; pwd; echo no >&2; exit 3'));
      assert.equal(result.code, 3);
      assert.equal(result.ended, 'exit');
      assert.match(result.stdout, /^\$\(touch pwned\); `id`\|-a\|/);
      assert.match(result.stdout, /^LANG=C$/m);
      assert.match(result.stdout, /^\/$/m);
      assert.doesNotMatch(result.stdout, /leaked|^HOME=/m);
      assert.equal(result.stderr, 'no\n');
    } finally {
      delete process.env['POSTERN_SECRET_FOR_THIS_TEST'];
    }
  });

  it('says when a program cannot be started', async () => {
    const result = await runCommand(sh('', { file: join(directory, 'nothing') }));
    assert.equal(result.ended, 'not-started');
    assert.match(result.stderr, /ENOENT/);
  });

  it('ends what takes too long', async () => {
    const result = await runCommand(sh('exec sleep 60', { timeoutMs: 50 }));
    assert.equal(result.ended, 'timeout');
    assert.equal(result.code, null);
  });

  it('does not end what was done while the machine stood still', async () => {
    const running = runCommand(sh('echo done', { timeoutMs: 500 }));
    stopThread(1_000);
    assert.deepEqual([(await running).ended, (await running).stdout], ['exit', 'done\n']);
  });

  it('kills what does not heed SIGTERM', async () => {
    const deaf = 'trap "" TERM; while :; do sleep 0.05; done';
    const result = await runCommand(sh(deaf, { timeoutMs: 200, killAfterMs: 50 }));
    assert.equal(result.ended, 'timeout');
    assert.equal(result.code, null);
  });

  it('ends what says too much, on a pipe and in a transcript', async () => {
    const flood = 'while :; do echo 0123456789012345678901234567890123456789; done';
    const piped = await runCommand(sh(flood, { outputLimit: 10_000 }));
    assert.equal(piped.ended, 'overflow');
    assert.ok(piped.stdout.length <= 10_000);
    const written = await runCommand(
      sh(flood, { outputLimit: 10_000, transcript: join(directory, 'flood.log') }),
    );
    assert.equal(written.ended, 'overflow');
    assert.ok(written.stderr.length <= 10_000);
  });

  it('ends when it is called off, before or while it runs', async () => {
    const halt = new AbortController();
    const running = runCommand(sh('exec sleep 60', { signal: halt.signal }));
    setTimeout(() => {
      halt.abort();
    }, 50);
    assert.equal((await running).ended, 'aborted');
    assert.equal((await runCommand(sh('exit 0', { signal: halt.signal }))).ended, 'aborted');
  });

  it('waits for the exit, not for a daemon that holds the pipes; and does not end the daemon', async () => {
    const mark = join(directory, 'daemon.pid');
    const result = await runCommand(sh(`sleep 30 & echo $! >${mark}; echo said`));
    assert.equal(result.stdout, 'said\n');
    const pid = Number(await readFile(mark, 'utf8'));
    process.kill(pid, 0);
    process.kill(pid, 'SIGKILL');
  });

  it('is out of reach of a signal to our process group', async () => {
    const result = await runCommand(sh('ps -o pgid= -p $$; echo $$'));
    const [group, pid] = result.stdout.split('\n').map((line) => line.trim());
    assert.equal(group, pid);
  });

  it('writes its output to a transcript that nobody else can read', async () => {
    const transcript = join(directory, 'create.log');
    await writeFile(transcript, 'from before\n', { mode: 0o600 });
    const result = await runCommand(sh('echo out; echo err >&2; exit 1', { transcript }));
    assert.equal(result.stderr, 'out\nerr\n');
    assert.equal(await readFile(transcript, 'utf8'), 'out\nerr\n');
    assert.equal((await stat(transcript)).mode & 0o777, 0o600);
  });
});
