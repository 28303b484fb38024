import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

describe('e2e: postern top', () => {
  for (const workers of [1, 2])
    describe(`over ${workers === 1 ? 'one process' : 'two workers'}`, () => {
      let house: House;
      before(async () => {
        house = await House.start({ gateSettings: `workers: ${workers}\nmetrics:\n  listen: 127.0.0.1:0\n` });
        assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
      });
      after(() => house.stop());

      it('shows who is on, watches a console beside them, and ends a session', async () => {
        const alice = house.terminal('alice', 'horatio console');
        await alice.sees('login:');
        alice.type('root\r');
        await alice.sees('root@horatio:~#');
        const bob = house.terminal('bob');
        await bob.sees('yorick');
        const top = house.top();
        await top.sees(/alice .*types at horatio on xen1/);
        await top.sees(/bob .*menu/);
        await top.sees('2 customers, 2 sessions, 1 console');

        top.type('/horatio\r');
        await top.sees('only "horatio": 1 of 2');
        top.type('w');
        await top.sees('console of horatio, watching');
        await alice.sees(/ada/);
        top.type('\x1d.');
        await top.sees(/alice .*types at horatio on xen1/);

        top.type('\x1b');
        await top.sees(/bob .*menu/);
        top.type('/bob\r');
        await top.sees('only "bob": 1 of 2');
        top.type('e');
        await top.sees('End the session of bob, reason:');
        top.type('maintenance at 22:00\r');
        await top.sees(/session \S+ is ended/);
        await bob.sees('maintenance at 22:00');
        await bob.ends();
        await top.sees('Nobody here matches.');

        top.type('q');
        assert.equal(await top.ends(), 0);
        assert.ok(!top.alternate, 'the terminal is put right');
        const { stdout } = await house.postern('audit', '--json');
        const ended = stdout.split('\n').filter((line) => line.includes('session.ended'));
        assert.equal(ended.length, 1);
        assert.match(ended[0] ?? '', /maintenance at 22:00/);
        const journal = await eventually('the watching in the journal', () => {
          const text = readFileSync(join(house.layout.dom0State, 'journal.jsonl'), 'utf8');
          return text.includes('"watch"') && text.includes('ada') ? text : undefined;
        });
        assert.match(journal, /horatio/);
        alice.kill();
      });

      it('is counted by the metrics, whichever process has the console', async () => {
        const line = readFileSync(house.log('gate'), 'utf8')
          .split('\n')
          .find((one) => one.includes('metrics.listening'));
        const { port } = JSON.parse(line ?? '{}') as { port: number };
        await eventually('the keys and their echo to be counted', async () => {
          const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
          return (
            /^postern_console_bytes_total\{direction="in"\} [5-9]$/m.test(text) &&
            /^postern_echo_delay_seconds_count [1-9]/m.test(text)
          );
        });
      });

      if (workers === 1)
        it('needs a terminal; --json prints the same', async () => {
          const { status, stderr } = await house.postern('top');
          assert.equal(status, 2);
          assert.match(stderr, /^postern: postern top needs a terminal: .*\n$/);
          const { stdout } = await house.postern('top', '--json');
          assert.ok(Array.isArray((JSON.parse(stdout) as { sessions: unknown }).sessions));
        });
    });
});
