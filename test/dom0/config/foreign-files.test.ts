import assert from 'node:assert/strict';
import { ForeignFiles, LOCAL_FILES, NoAnswerError } from '../../../server/dom0/config/foreign-files.js';
import type { FileCalls } from '../../../server/dom0/config/foreign-files.js';

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

  it('are one call at a time', async () => {
    const both = [files.read('/nfs/a', 10), files.read('/etc/b', 10)];
    await turns();
    assert.deepEqual(asked, ['/nfs/a']);
    hanging.get('/nfs/a')?.();
    await Promise.all(both);
  });
});
