import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock } from 'node:test';
import { parseDomainName } from '../../policy/names.js';
import { ChangesFeed } from '../../server/dom0/api/changes-feed.js';
import { DomainLog } from '../../server/dom0/console-log/domain-log.js';
import { WriteBudget } from '../../server/dom0/console-log/write-budget.js';
import { LocalDisk } from '../../server/dom0/console-log/log-disk.js';
import { BackOff } from '../../server/dom0/consoles/back-off.js';
import { ConsoleLine } from '../../server/dom0/consoles/console-line.js';
import { ScreenFeed } from '../../server/dom0/screens/screen-feed.js';
import type { Picture } from '../../server/dom0/screens/screen-feed.js';
import { Semaphore } from '../../server/dom0/scheduling/semaphore.js';
import { FaultGuard } from '../../server/wire/fault-guard.js';
import { eventually } from '../support/eventually.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const fault = (): never => {
  throw new Error('a fault of ours');
};

/**
 * Each timer throws where nobody listens. Without an answer that would end the half, and everybody's consoles
 * with it.
 */
describe('dom0: a fault in a timer', () => {
  const logged: string[] = [];
  const log = { error: (_: object, message: string) => logged.push(message) };

  beforeEach(() => {
    logged.length = 0;
  });

  it('that tries a console again is logged, and it is tried again', async () => {
    const retry = new BackOff(1, 2, new FaultGuard(log));
    let tries = 0;
    retry.wait(() => {
      tries += 1;
      if (tries < 3) fault();
    });
    await eventually('the third try', () => tries === 3);
    assert.deepEqual(logged, ['fault.caught', 'fault.caught']);
    assert.equal(retry.isWaiting, false);
  });

  it('that takes a lent console back is logged, and it is tried again and again', async () => {
    let tries = 0;
    const quiet = { debug: () => undefined, info: () => undefined };
    const line = new ConsoleLine(
      {
        name: 'horatio',
        command: () => {
          tries += 1;
          return fault();
        },
        whose: () => Promise.resolve('same'),
        passesEscape: false,
        pacer: {} as never,
        semaphore: new Semaphore(1),
        timing: { attach: 1, gone: 1, superseded: 1, retry: 1, lastRetry: 2 },
        logger: { ...quiet, ...log, warn: log.error },
      },
      { cols: 80, rows: 24 },
      {
        output: () => undefined,
        readers: () => 0,
        begins: () => undefined,
        state: () => undefined,
        drain: () => undefined,
      },
    );
    await line.lend(1);
    line.point({ uuid: 'one', domid: 1 }, true);
    await eventually('three tries', () => tries >= 3);
    await line.dispose();
    assert.equal(logged.length, tries);
  });

  function feedOf(paint: () => Promise<Picture>): { feed: ScreenFeed; left: () => number } {
    let left = 0;
    const guard = new FaultGuard(log);
    const feed = new ScreenFeed({
      socket: { write: () => true, writableLength: 0 },
      note: () => undefined,
      paint,
      betters: true,
      guarded: (event, work) => guard.on(event, work, () => (left += 1)),
    });
    return { feed, left: () => left };
  }

  it('that paints a screen again ends that one window', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      let pictures = 0;
      const { feed, left } = feedOf(() => {
        pictures += 1;
        // A timer makes an inexact picture again.
        return pictures === 1 ? Promise.resolve({ nearest: Buffer.from('about so') }) : fault();
      });
      feed.repaint();
      await Promise.resolve();
      await Promise.resolve();
      mock.timers.tick(2_000);
      assert.deepEqual([pictures, left(), logged], [2, 1, ['fault.caught']]);
    } finally {
      mock.timers.reset();
    }
  });

  it('of the screen worker, which a promise brings, ends that one window', async () => {
    const { feed, left } = feedOf(() => Promise.reject(new Error('a fault of ours')));
    feed.repaint();
    await eventually('it to end', () => left() === 1);
    assert.deepEqual(logged, ['fault.caught']);
  });

  it('that tells gates that the host lives is logged, and the next beat comes', () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      let beats = 0;
      const response = Object.assign(new EventEmitter(), {
        writableLength: 0,
        writeHead: () => undefined,
        end: () => undefined,
        write: (text: string) => {
          if (!text.includes('beat')) return;
          beats += 1;
          if (beats === 1) fault();
        },
      });
      const feed = new ChangesFeed(log);
      feed.follow(response as never, [], { looks: true });
      mock.timers.tick(5_000);
      mock.timers.tick(5_000);
      assert.deepEqual([beats, logged], [2, ['fault.caught']]);
      feed.close();
    } finally {
      mock.timers.reset();
    }
  });

  it('that writes a console log is logged, and what comes next is written', async () => {
    const directory = new TemporaryDirectory();
    let writes = 0;
    const horatio = parseDomainName('horatio') ?? assert.fail();
    const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
    const consoleLog = new DomainLog({
      name: horatio,
      folder: directory.file('horatio'),
      disk: new LocalDisk(),
      limit: 1024 * 1024,
      rate: 1024 * 1024,
      host: '',
      writeBudget: new WriteBudget(),
      ready: Promise.resolve(),
      logger: { ...quiet, ...log },
      written: () => {
        writes += 1;
        if (writes === 1) fault();
      },
    });
    try {
      consoleLog.append(Buffer.from('first\n'), Date.now());
      await eventually('the fault', () => logged.length === 1);
      consoleLog.append(Buffer.from('second\n'), Date.now());
      await eventually('the next write', () => writes >= 2);
    } finally {
      await consoleLog.close();
      directory.dispose();
    }
  });
});
