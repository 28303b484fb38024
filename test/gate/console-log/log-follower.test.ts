import assert from 'node:assert/strict';
import { refusal } from '../../../policy/refusal.js';
import { LogFollower } from '../../../server/gate/console-log/log-follower.js';
import { LogPager } from '../../../server/gate/console-log/log-pager.js';
import { LogPages } from '../../../server/gate/console-log/log-pages.js';
import type { OpenedLog } from '../../../server/gate/console-log/opened-log.js';
import { SearchQueue } from '../../../server/gate/console-log/search-queue.js';
import { eventually } from '../../support/eventually.js';
import { LogHost } from '../../support/log-host.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const WAITS = 'The host of horatio does not answer: the log goes on when it does.';
const GOES_ON = 'The host of horatio answers again: the log goes on.';

describe('a log that is followed in the menu', () => {
  let host: LogHost;
  let follower: LogFollower;
  /** The screen, as the lines of `end` and `after` make it. */
  let lines: string[];
  let notices: string[];
  let ended: Promise<string | null>;
  let isAway: boolean;
  let moved: OpenedLog | null;

  beforeEach(async () => {
    host = new LogHost('one');
    host.boot('11111111-1111-4111-8111-111111111111', 7, 'one\r\ntwo\r\nthr');
    lines = [];
    notices = [];
    isAway = false;
    moved = null;
    const opened = { demanded: { domain: HORATIO }, host } as unknown as OpenedLog;
    const whole = { host, uuid: null, from: 0, to: null, at: 0 } as const;
    const pages = new LogPages(opened, () =>
      Promise.resolve({ parts: [whole as never], boots: null, missing: [] }),
    );
    const access = { moved: () => moved, isAway: () => isAway, onNews: () => () => undefined };
    const pager = new LogPager(pages, new SearchQueue());
    follower = new LogFollower(opened, pages, pager, { pendingBytes: 0 }, access);
    let complete: string[] = [];
    ended = follower.run(
      HORATIO,
      (fact) => {
        if (fact.fact === 'notice') notices.push(fact.message);
        if (fact.fact !== 'log') return;
        const { piece } = fact;
        complete = [...(fact.where === 'end' ? [] : complete), ...piece.lines.map(({ text }) => text)];
        lines = [...complete, ...piece.open.map(({ text }) => text)];
      },
      () => true,
    );
    await followed(1);
  });
  afterEach(async () => {
    follower.stop();
    await ended;
  });

  const followed = (times: number): Promise<unknown> =>
    eventually('it to be followed', () => host.followed.length === times);
  const says = (...all: readonly string[]): Promise<unknown> =>
    eventually(all.join(), () => lines.join() === all.join(), { instead: () => lines });
  const waits = (): Promise<unknown> => eventually('it to wait', () => notices.at(-1) === WAITS);

  it('goes on over a restart of the host, with each line once, and says so once', async () => {
    await says('one', 'two', 'thr');
    host.stop();
    await waits();
    host.start();
    await eventually('it to go on', () => notices.at(-1) === GOES_ON);
    await followed(2);
    host.say('ee\r\nfour\r\n');
    await says('one', 'two', 'three', 'four');
    assert.deepEqual(notices, [WAITS, GOES_ON]);
    assert.deepEqual(host.followed.slice(0, 2), [13, 13], 'from behind the last byte that was shown');
  });

  it('shows what was said while the host did not answer, over several restarts', async () => {
    for (const said of ['three\r\n', 'four\r\n', 'five\r\n']) {
      host.stop();
      await waits();
      host.say(said === 'three\r\n' ? 'ee\r\n' : said);
      host.start();
      await eventually('the line', () => lines.at(-1) === said.trim());
      await eventually('it to go on', () => notices.at(-1) === GOES_ON);
    }
    assert.deepEqual(lines, ['one', 'two', 'three', 'four', 'five']);
  });

  it('begins anew at the end when the host has lost the last of what it said, or when too much came', async () => {
    host.stop();
    await waits();
    host.bytes = host.bytes.subarray(0, 5);
    host.start();
    await says('one');
    host.say('other\r\n');
    await says('one', 'other');
    host.stop();
    await waits();
    host.say(`${'x'.repeat(98)}\r\n`.repeat(1_000));
    host.say('last\r\n');
    host.start();
    await eventually('the end', () => lines.at(-1) === 'last');
    assert.ok(lines.length < 200 && !lines.includes('other'));
  });

  it('ends with a sentence when the host answers that there is nothing to follow', async () => {
    host.stop();
    await waits();
    host.no = refusal('no-such-domain', 'There is no such server.');
    assert.equal(await ended, 'There is no such server.');
    assert.deepEqual(notices, [WAITS]);
  });

  it('ends with a sentence when the server is not on its host any more', async () => {
    host.end();
    assert.equal(await ended, 'The log ends here: horatio is not on its host any more.');
  });

  it('ends without a word when nobody follows it any more, also while it waits', async () => {
    host.stop();
    await waits();
    follower.stop();
    assert.equal(await ended, null);
    assert.deepEqual(notices, [WAITS]);
  });

  for (const way of ['is lost', 'ends it'] as const) {
    it(`is left for another host when the host ${way} while the server moves`, async () => {
      isAway = true;
      if (way === 'is lost') host.stop();
      else host.end();
      moved = { demanded: { domain: HORATIO }, host: new LogHost('two') } as unknown as OpenedLog;
      isAway = false;
      assert.equal(await ended, null);
      assert.deepEqual(notices, []);
    });
  }
});
