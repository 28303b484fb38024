import assert from 'node:assert/strict';
import { ForeignFiles, LOCAL_FILES, NoAnswerError } from '../../../server/dom0/config/foreign-files.js';
import type { FileCalls } from '../../../server/dom0/config/foreign-files.js';
import { SYSTEM_HOST_CLOCK } from '../../../server/dom0/scheduling/host-clock.js';

describe('files on a file system that hangs', () => {
  /** Fires all pending waits. */
  let passes: () => void;
  let waits: Set<() => void>;
  const host = {
    after: (_: number, call: () => void): (() => void) => {
      waits.add(call);
      return () => waits.delete(call);
    },
  };
  let asked: string[];
  let hanging: Map<string, () => void>;
  let files: ForeignFiles;

  beforeEach(() => {
    waits = new Set();
    asked = [];
    hanging = new Map();
    passes = () => {
      const due = [...waits];
      waits.clear();
      for (const call of due) call();
    };
    const call =
      <T>(answer: T) =>
      (path: string): Promise<T> => {
        asked.push(path);
        if (!path.includes('nfs')) return Promise.resolve(answer);
        return new Promise((resolve) => {
          hanging.set(path, () => {
            resolve(answer);
          });
        });
      };
    const calls: FileCalls = { ...LOCAL_FILES, readdir: call(['a.cfg']), read: call(Buffer.from('x')) };
    files = new ForeignFiles(host, calls, 8);
  });

  const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  async function noAnswer(work: Promise<unknown>): Promise<void> {
    const failed = assert.rejects(work, NoAnswerError);
    await turns();
    passes();
    await failed;
  }

  it('are given up, and the others answer as before', async () => {
    await noAnswer(files.read('/nfs/a.cfg', 10));
    assert.equal((await files.read('/etc/xen/b.cfg', 10)).toString(), 'x');
    assert.equal(waits.size, 0);
  });

  it('are not asked again before they have answered, so that they keep one thread each', async () => {
    await noAnswer(files.read('/nfs/a.cfg', 10));
    await assert.rejects(files.read('/nfs/a.cfg', 10), NoAnswerError);
    assert.deepEqual(asked, ['/nfs/a.cfg']);
    hanging.get('/nfs/a.cfg')?.();
    await turns();
    const again = files.read('/nfs/a.cfg', 10);
    await turns();
    hanging.get('/nfs/a.cfg')?.();
    assert.equal((await again).toString(), 'x');
  });

  it('are not asked for when their directory hangs', async () => {
    await noAnswer(files.readdir('/nfs'));
    await assert.rejects(files.read('/nfs/a.cfg', 10), NoAnswerError);
    assert.deepEqual(asked, ['/nfs']);
  });

  it('keep half of the threads at most', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await noAnswer(files.read(`/nfs/${name}`, 10));
    await assert.rejects(files.read('/nfs/e', 10), NoAnswerError);
    await assert.rejects(files.read('/etc/xen/b.cfg', 10), NoAnswerError);
    assert.equal(asked.length, 4);
    hanging.get('/nfs/a')?.();
    await turns();
    assert.equal((await files.read('/etc/xen/b.cfg', 10)).toString(), 'x');
  });

  describe('are told from a host that is busy', () => {
    let witnesses: (() => void)[];
    let rounds: (() => void)[];
    let silences: (() => void)[];

    beforeEach(() => {
      [witnesses, rounds, silences] = [[], [], []];
      const clock = {
        after: (ms: number, call: () => void): (() => void) => {
          (ms > 10_000 ? silences : rounds).push(call);
          return () => undefined;
        },
      };
      const read = (): Promise<Buffer> =>
        new Promise((resolve) => {
          hanging.set('/nfs/a', () => {
            resolve(Buffer.from('late'));
          });
        });
      const witness = (): Promise<void> => new Promise((resolve) => witnesses.push(resolve));
      files = new ForeignFiles(clock, { ...LOCAL_FILES, read }, 8, witness);
    });

    /** @returns how often `/` was asked before nothing more was asked */
    async function answering(most: number): Promise<number> {
      for (let count = 0; ; count += 1) {
        await turns();
        const round = rounds.shift();
        if (round === undefined || count === most) return count;
        round();
        witnesses.shift()?.();
      }
    }

    it('when other calls are answered ten times meanwhile', async () => {
      const failed = assert.rejects(files.read('/nfs/a', 10), NoAnswerError);
      assert.equal(await answering(100), 10);
      await failed;
    });

    it('and are waited for while no call is answered, for half a minute at most', async () => {
      const late = files.read('/nfs/a', 10);
      await answering(9);
      rounds.shift()?.();
      await turns();
      assert.equal(rounds.length, 0, 'nothing more is asked before that answer');
      hanging.get('/nfs/a')?.();
      assert.equal((await late).toString(), 'late');
      const failed = assert.rejects(files.read('/nfs/a', 10), NoAnswerError);
      await turns();
      silences.at(-1)?.();
      await failed;
    });

    it('when this process was stopped for longer than it waits', async () => {
      const real = new ForeignFiles(SYSTEM_HOST_CLOCK);
      const found = real.stat('/');
      // Until it is asked, and not until it is answered.
      for (let microtasks = 0; microtasks < 20; microtasks += 1) await Promise.resolve();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
      assert.ok((await found).isDirectory());
    });
  });

  it('are one call at a time', async () => {
    const both = [files.read('/nfs/a', 10), files.read('/etc/b', 10)];
    await turns();
    assert.deepEqual(asked, ['/nfs/a']);
    hanging.get('/nfs/a')?.();
    await Promise.all(both);
  });
});
