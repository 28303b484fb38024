import assert from 'node:assert/strict';
import { parseBootProfileName, parseDomainName } from '../../../policy/names.js';
import { ConsoleLogs } from '../../../server/dom0/console-log/console-logs.js';
import { LocalDisk } from '../../../server/dom0/console-log/log-disk.js';
import { Consoles } from '../../../server/dom0/consoles/consoles.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { SimulatedXen } from '../../support/simulated-xen.js';
import { said } from './log-reading.js';

const horatio = parseDomainName('horatio')!;
const normal = parseBootProfileName('normal')!;
const LONG = process.env['POSTERN_TEST_LONG'] === '1';
const RESTARTS = LONG ? 200 : 12;
const LIMITS = { perDomainMiB: 64, totalMiB: 512, rateKiB: 100_000, days: 90, goneDays: 30 };

describe('The console log through restarts of the half', () => {
  let xen: SimulatedXen;

  before(async () => {
    xen = await SimulatedXen.install({ timeScale: 0.02, domains: [{ name: 'horatio' }] });
  });

  after(() => xen.remove());

  /** One life of the half. */
  function live(proof: { isThere: boolean; asked: number }): { logs: ConsoleLogs; consoles: Consoles } {
    const folder = `${xen.host.directory}/console-log`;
    const logger = silentLogger;
    const logs = new ConsoleLogs({
      folder,
      disk: new LocalDisk(),
      limits: LIMITS,
      goneAfterMs: 60_000,
      logger,
    });
    const consoles = new Consoles({
      command: (domid) => ({
        file: xen.host.xl,
        args: ['console', String(domid)],
        env: { PATH: '/usr/bin:/bin' },
        cwd: '/',
      }),
      whose: () => {
        proof.asked += 1;
        return Promise.resolve(proof.isThere ? 'same' : 'unknown');
      },
      passesEscape: false,
      attach: 'always',
      announceAdmins: true,
      logs,
      logger,
    });
    return { logs, consoles };
  }

  it(`has each number that the guest counts over ${RESTARTS} restarts, once`, async function () {
    this.timeout(LONG ? 900_000 : 600_000);
    await xen.start(horatio);
    const admin = xen.console(horatio);
    await admin.receives('login: ');
    admin.type('root\r');
    await admin.receives('# ');
    admin.type('count 0.1\r');
    await admin.receives('count 1\r');
    admin.type('\x1d');
    await admin.ends();
    const { domid } = xen.row(horatio)!;
    let bytes = 0;
    // Every second half is stopped after its client has read, and before the proof that it is the guest's own.
    for (let restart = 0; restart <= RESTARTS; restart += 1) {
      const proof = { isThere: restart % 2 === 0, asked: 0 };
      const { logs, consoles } = live(proof);
      const log = logs.of(horatio);
      consoles.observed(horatio, { uuid: 'uuid', domid }, 'running', normal);
      if (proof.isThere) await eventually('more of the log', async () => (await said(log)).length > bytes);
      else await eventually('a question', () => proof.asked > 0);
      proof.isThere = true;
      await consoles.dispose();
      const { logs: after, consoles: idle } = live(proof);
      const text = await said(after.of(horatio));
      await idle.dispose();
      bytes = text.length;
      const numbers = [...text.matchAll(/^count (\d+)\r$/gm)].map(([, number]) => Number(number));
      const first = numbers[0]!;
      assert.deepEqual(
        numbers,
        numbers.map((_, at) => first + at),
      );
    }
  });
});
