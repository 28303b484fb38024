import assert from 'node:assert/strict';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { DATABASE, USAGE } from '../../server/store/state-directory.js';
import { UsageHistory } from '../../server/store/usage-history.js';
import { House } from '../support/house.js';
import { domainName } from '../support/temporary-store.js';

const HORATIO = domainName('horatio');
const MINUTES = 300;

interface Shown {
  readonly from: string;
  readonly secondsEach: number;
  readonly cpuPercent: readonly (number | null)[];
  readonly receivedBytesPerSecond: readonly (number | null)[];
}

for (const workers of [1, 2])
  describe(`e2e: the graph of a server, over ${workers === 1 ? 'one process' : 'two workers'}`, () => {
    let house: House;

    before(async () => {
      house = await House.layOut({
        gateSettings: `workers: ${workers}\n`,
        customers: { alice: { horatio: 'owner' }, bob: { horatio: 'owner' }, carol: { yorick: 'owner' } },
      });
      const { gateState: state } = house.layout;
      const history = UsageHistory.open(join(state, USAGE));
      const now = Math.floor(Date.now() / 60_000);
      for (let minute = now - MINUTES; minute < now; minute += 1) {
        const point = { cpuPercent: 80, received: 2_000_000, sent: 1, diskRequests: 7 };
        history.record(minute, new Map([[{ domain: HORATIO, uuid: null }, point]]));
      }
      history.close();
      // Alice has had the server for long; it is bob's since a moment ago.
      const database = new Sqlite(join(state, DATABASE));
      database
        .prepare(
          `UPDATE role SET since = '2026-01-01T00:00:00.000Z'
         WHERE customer = (SELECT id FROM customer WHERE name = 'alice')`,
        )
        .run();
      database.close();
      await house.startDom0();
      await house.startGate();
    });
    after(() => house.stop());

    async function json(customer: string): Promise<Shown> {
      const { stdout, status } = await house.ssh(customer, 'horatio graph --json');
      assert.equal(status, 0, stdout);
      return JSON.parse(stdout) as Shown;
    }

    it('is printed, and comes as JSON minute by minute', async () => {
      const { stdout, status } = await house.ssh('alice', 'horatio graph');
      assert.equal(status, 0);
      assert.match(stdout, /^The 24 hours until \d{4}-\d\d-\d\d \d\d:\d\d UTC\./);
      assert.match(stdout, /^CPU {5} +[▁▂▃▄▅▆▇█ ]+ {2}now (80 %|-), most 80 %$/m);
      assert.match(stdout, /^Network .*most 2\.0 MB\/s$/m);
      const { cpuPercent, receivedBytesPerSecond, secondsEach } = await json('alice');
      assert.deepEqual([cpuPercent.length, secondsEach], [1440, 60]);
      const known = cpuPercent.filter((value) => value !== null);
      assert.ok(
        known.length >= MINUTES - 1 && known.every((value) => Math.abs(value - 80) < 0.1),
        String(known),
      );
      assert.ok(Math.abs((receivedBytesPerSecond.at(-100) ?? 0) - 2e6) < 2_000);
    });

    it('has nothing from before a role began, and is nothing for others', async () => {
      const { cpuPercent } = await json('bob');
      assert.deepEqual([...new Set(cpuPercent.slice(0, 1430))], [null]);
      const { stdout, status } = await house.ssh('bob', 'horatio graph');
      assert.equal(status, 0);
      assert.doesNotMatch(stdout, /most 80/);
      const carol = await house.ssh('carol', 'horatio graph');
      const nobody = await house.ssh('carol', 'nobody graph');
      assert.deepEqual([carol.status, nobody.status], [4, 4]);
      const words = ({ stderr }: { readonly stderr: string }): string => stderr.replace(/Reference: \S+/, '');
      assert.equal(words(carol), words(nobody));
    });

    it('stands on the page of the menu, and in the plain menu', async () => {
      const alice = house.terminal('alice');
      await alice.sees(/CPU +[▁▂▃▄▅▆▇█]+ .* Network +[▁▂▃▄▅▆▇█]+ .*Disk/);
      alice.kill();
      const plain = house.terminal('alice', 'menu --plain');
      await plain.sees(/The 24 hours until .*\n(.*\n)*Network .*most 2\.0 MB/);
      plain.kill();
    });
  });
