import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NEW_INCARNATION } from '../../../server/dom0/screens/screen-reset.js';
import { eventually } from '../../support/eventually.js';
import { House } from '../../support/house.js';
import type { SshStream } from '../../support/ssh-stream.js';

const LONG = process.env['POSTERN_TEST_LONG'] !== undefined;
const BOOTS = LONG ? 50 : 5;
const LINES = 2000;
const FIRST_WORDS = '[    0.000000] Linux version ';
const DOMAINS = ['horatio', 'yorick'] as const;
/** The length of both, and both from shortly before the first difference. */
function firstDifference(log: string, received: string): readonly unknown[] {
  let at = 0;
  while (at < log.length && log[at] === received[at]) at += 1;
  const near = (text: string): string => text.slice(Math.max(0, at - 200), at + 1000);
  return [log.length, received.length, near(log), near(received)];
}

const expected = Array.from({ length: LINES }, (_, at) => String(at + 1));

describe('a customer at a console through reboots', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      domains: [...DOMAINS, 'ophelia'].map((name) => ({ name })),
      customers: { alice: { horatio: 'owner' }, bob: { yorick: 'owner' }, carol: { ophelia: 'owner' } },
    });
  });
  after(() => house.stop());

  /** Joins before the first boot, without a pty: none of our own output comes between the guest's bytes. */
  const enters = async (customer: string, domain: string): Promise<SshStream> => {
    const stream = house.stream(customer, `${domain} console`);
    // An empty screen is painted first.
    await stream.receives('\x1b[');
    assert.equal((await house.ssh(customer, `${domain} start --wait`)).status, 0);
    return stream;
  };

  const login = async (stream: SshStream, from: number): Promise<void> => {
    await stream.receives('login: ', { from });
    stream.type('root\r');
    await stream.receives('# ', { from });
  };

  /** The dom0 half's log of a domain, as it came from the pty. */
  const log = (domain: string): string => {
    const folder = join(house.layout.dom0State, 'console-log', 'domains', domain);
    const parts = readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .sort();
    return parts.map((name) => readFileSync(join(folder, name), 'latin1')).join('');
  };

  it(`has every byte of ${BOOTS} boots under load, in order, none twice, none of another domain`, async function () {
    this.timeout(LONG ? 1_800_000 : 600_000);
    const carol = await enters('carol', 'ophelia');
    await login(carol, 0);
    carol.type('yes flooding\r');
    const streams = await Promise.all([enters('alice', 'horatio'), enters('bob', 'yorick')]);
    await Promise.all(
      DOMAINS.map(async (domain, at) => {
        const stream = streams[at]!;
        let from = 0;
        for (let boot = 1; boot <= BOOTS; boot += 1) {
          await login(stream, from);
          stream.type(`echo ${domain} ${boot}; seq ${LINES}; echo the end of ${boot}\r`);
          await stream.receives(`\nthe end of ${boot}\r\n`, { from });
          // And its prompt: then the guest is silent.
          await stream.receives('# ', { from: stream.received.indexOf(`\nthe end of ${boot}\r\n`, from) });
          from = stream.received.length;
          if (boot < BOOTS) stream.type('reboot\r');
        }
      }),
    );
    for (const [at, domain] of DOMAINS.entries()) {
      const { received } = streams[at]!;
      const guests = received.slice(received.indexOf(FIRST_WORDS));
      const boots = guests.split(NEW_INCARNATION);
      assert.equal(boots.length, BOOTS);
      for (const [index, boot] of boots.entries()) {
        assert.ok(boot.startsWith(FIRST_WORDS), `${domain}, boot ${index + 1} from its first byte`);
        assert.ok(boot.includes(`\n${domain} ${index + 1}\r\n`));
        const lines = boot.split('\r\n').filter((line) => /^\d+$/.test(line));
        assert.deepEqual(lines, expected, `${domain}, boot ${index + 1}`);
      }
      for (const other of [...DOMAINS, 'ophelia', 'flooding'].filter((each) => each !== domain))
        assert.ok(!guests.includes(other), `nothing of ${other} at ${domain}`);
      await eventuallyLogged(domain, boots.join(''));
    }
  });

  /** The log is written within a second. */
  const eventuallyLogged = async (domain: string, text: string): Promise<void> => {
    await eventually(`the log of ${domain}`, () => log(domain).length >= text.length, {
      instead: () => firstDifference(log(domain), text),
    });
    assert.ok(log(domain) === text, 'the customer has, byte for byte, what the log has');
  };
});
