import assert from 'node:assert/strict';
import { parseBootProfileName, parseDomainName, parseFingerprint } from '../../../policy/names.js';
import type { BootProfileName, DomainName, Fingerprint } from '../../../policy/names.js';
import { RescueHostKeys } from '../../../server/dom0/observation/rescue-host-keys.js';
import type { ObservedDomain } from '../../../server/dom0/observation/observed-domain.js';
import type { Incarnation } from '../../../server/dom0/toolstack/incarnation.js';
import { silentLogger } from '../../support/silent-logger.js';

const KEY = parseFingerprint('SHA256:cu23sLdauhZDKTujwX2v9wMLcCYwj9SwA4vovUl6Z5c') as Fingerprint;
const SEEDED = parseBootProfileName('rescue') as BootProfileName;
const PLAIN = parseBootProfileName('plain') as BootProfileName;
const NORMAL = parseBootProfileName('normal') as BootProfileName;
const MINUTE = 60_000;

/** A domain that runs, as far as its host key is concerned. */
function running(profile: BootProfileName, domid = 7, name = 'horatio'): ObservedDomain {
  const incarnation: Incarnation = { uuid: `uuid-${name}`, domid };
  const domain = {
    name: parseDomainName(name) as DomainName,
    incarnation,
    listed: {},
    observation: { profile },
  };
  return domain as unknown as ObservedDomain;
}

describe('the host keys of rescue systems', () => {
  let now = 0;
  let domains: ObservedDomain[] = [];
  let asked: Incarnation[] = [];
  let told: DomainName[] = [];
  let answer: (guest: Incarnation) => Promise<Fingerprint | null>;
  let keys: RescueHostKeys;
  let warned: string[] = [];

  beforeEach(() => {
    warned = [];
    now = 0;
    domains = [];
    asked = [];
    told = [];
    answer = () => Promise.resolve(KEY);
    keys = new RescueHostKeys({
      claims: {
        hostKey: (guest) => {
          asked.push(guest);
          return answer(guest);
        },
      },
      profiles: { seedOf: (name) => (name === SEEDED ? 'asker' : null) },
      domains: () => domains,
      host: { uptime: () => now },
      logger: { ...silentLogger, warn: ({ err }: { err?: unknown }) => warned.push(String(err)) },
      changed: (name) => told.push(name),
    });
  });

  /** Looks, and lets what was asked be answered. */
  const look = async (...seen: ObservedDomain[]): Promise<void> => {
    domains = seen;
    keys.looked();
    await new Promise(setImmediate);
  };

  it('are asked for once, and told', async () => {
    const domain = running(SEEDED);
    await look(domain);
    assert.deepEqual(told, [domain.name]);
    assert.equal(keys.view(domain), KEY);
    now += MINUTE;
    await look(domain);
    assert.equal(asked.length, 1);
  });

  it('are asked of no other boot: its guest can say nothing', async () => {
    await look(running(NORMAL), running(PLAIN, 8, 'ophelia'), {
      ...running(SEEDED, 9, 'yorick'),
      listed: null,
    });
    assert.deepEqual(asked, []);
    await look(running(SEEDED));
    assert.equal(keys.view(running(NORMAL)), null, 'not after the rescue, before the next look');
    await look(running(NORMAL));
    assert.equal(keys.view(running(SEEDED)), null);
  });

  it('are of one boot: the next one is asked anew', async () => {
    await look(running(SEEDED, 7));
    assert.equal(keys.view(running(SEEDED, 8)), null, 'a reboot from inside has a key of its own');
    answer = () => Promise.resolve(null);
    await look(running(SEEDED, 8));
    assert.deepEqual(
      asked.map(({ domid }) => domid),
      [7, 8],
    );
    assert.equal(keys.view(running(SEEDED, 8)), null);
  });

  it('are not mixed up by an answer that comes after the boot', async () => {
    let late: (key: Fingerprint | null) => void = () => undefined;
    answer = () =>
      new Promise((resolve) => {
        late = resolve;
      });
    await look(running(SEEDED, 7));
    answer = () => Promise.resolve(null);
    await look(running(SEEDED, 8));
    late(KEY);
    await new Promise(setImmediate);
    assert.equal(keys.view(running(SEEDED, 8)), null);
    assert.deepEqual(told, []);
  });

  it('are asked for more and more rarely when the guest says nothing, or reading fails', async () => {
    answer = ({ domid }) => (domid === 7 ? Promise.resolve(null) : Promise.reject(new Error('no')));
    for (let second = 0; second < 3_600; second += 2) {
      now = second * 1_000;
      await look(running(SEEDED, 7), running(SEEDED, 8, 'ophelia'));
    }
    const of = (domid: number): number => asked.filter((one) => one.domid === domid).length;
    assert.ok(of(7) >= 60 && of(7) <= 90, `${of(7)} times in an hour`);
    assert.equal(of(8), of(7));
  });

  it('cannot be asked for without a program, which the log says once, until another fault or an answer', async () => {
    const ask = async (next: () => Promise<Fingerprint | null>): Promise<void> => {
      answer = next;
      now += MINUTE;
      await look(running(SEEDED, 7), running(SEEDED, 8, 'ophelia'));
    };
    const missing = (): Promise<never> => Promise.reject(new Error('ENOENT'));
    for (let times = 0; times < 5; times += 1) await ask(missing);
    assert.deepEqual(warned, ['Error: ENOENT']);
    await ask(() => Promise.reject(new Error('EACCES')));
    await ask(() => Promise.resolve(null));
    await ask(missing);
    assert.deepEqual(warned, ['Error: ENOENT', 'Error: EACCES', 'Error: ENOENT']);
  });

  it('are asked for a few at a time, and nobody waits for them', async () => {
    answer = () => new Promise(() => undefined);
    const many = Array.from({ length: 20 }, (_, at) => running(SEEDED, at + 1, `guest-${at}`));
    await look(...many);
    await look(...many);
    assert.equal(asked.length, 4);
  });
});
