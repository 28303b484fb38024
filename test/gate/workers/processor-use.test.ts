import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { isStarved, processorUse } from '../../../server/gate/workers/processor-use.js';
import type { ProcessorUse } from '../../../server/gate/workers/processor-use.js';
import { eventually } from '../../support/eventually.js';

describe('what a worker had of the processors', () => {
  let child: ChildProcess;

  const start = (program: string): number => {
    child = spawn(process.execPath, ['--eval', program], { stdio: 'ignore' });
    return child.pid ?? assert.fail('no process');
  };
  const use = (pid: number): ProcessorUse => processorUse(pid) ?? assert.fail('it has ended');

  afterEach(async () => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
    child.kill('SIGKILL');
    await ended;
  });

  it('tells one that works, one that is stopped, and one that has ended', async () => {
    const pid = start('for (;;);');
    const first = use(pid);
    await eventually('it to work', () => use(pid).isRunnable && use(pid).ms - first.ms >= 100);
    assert.ok(!isStarved(first, use(pid), 100), 'it had enough');
    await eventually('it to want more', () => isStarved(first, use(pid), Number.MAX_SAFE_INTEGER));
    child.kill('SIGSTOP');
    await eventually('it to stop', () => !use(pid).isRunnable);
    assert.ok(!isStarved(first, use(pid), Number.MAX_SAFE_INTEGER), 'it does not want to work');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(processorUse(pid), null);
    assert.ok(!isStarved(first, processorUse(pid), Number.MAX_SAFE_INTEGER));
  });

  it('tells one that waits for something: that is not the host’s fault', async () => {
    const pid = start('setTimeout(() => undefined, 1e8)');
    await eventually('it to wait', () => use(pid).ms > 0 && !use(pid).isRunnable);
    assert.ok(!isStarved({ isRunnable: true, ms: 0 }, use(pid), Number.MAX_SAFE_INTEGER));
  });
});
