import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readPolicy } from '../../../config/policy-document.js';
import type { Policy } from '../../../policy/policy.js';
import type { AuditKind, AuditRow } from '../../../server/store/audit-event.js';
import { Store } from '../../../server/store/store.js';
import { decidedRightly, ownerMay } from '../../support/decided-rightly.js';
import { eventually } from '../../support/eventually.js';
import { House } from '../../support/house.js';
import type { SshStream } from '../../support/ssh-stream.js';

const LONG = process.env['POSTERN_TEST_LONG'] !== undefined;
/** A quarter of them watch a console; the others are in a menu. */
const SESSIONS = LONG ? 200 : 8;
const RELOADS = LONG ? 40 : 4;
/** A console takes 32 visitors at once. */
const DOMAINS = ['horatio', 'ophelia', 'yorick'];
const CUSTOMERS = Array.from({ length: SESSIONS / 4 }, (_, index) => `c${index}`);

/** Each policy allows half of the customers what the next one may not. */
const TEXTS = ['13579', '02468', '', '0123456789'].map((digits, index) => {
  const some = Array.from(digits, (digit) => `"c*${digit}"`).join(', ');
  const work = `  - {id: work${index}, allow: [watch, start, shutdown, reboot], customers: [${some}]}\n`;
  return `rules:\n  - {id: look, allow: [status]}\n${digits === '' ? '' : work}`;
});
const POLICIES = TEXTS.map((text): Policy => {
  const read = readPolicy([{ file: '10-default.yaml', text }]);
  return read.ok ? read.policy : assert.fail(JSON.stringify(read.problems));
});

function domainOf(customer: string): string {
  return DOMAINS[Number(customer.slice(1)) % DOMAINS.length] ?? '';
}

describe(`reloads under ${SESSIONS} live ssh sessions`, () => {
  let house: House;
  before(async () => {
    house = await House.start({
      policy: TEXTS[0] ?? '',
      customers: Object.fromEntries(CUSTOMERS.map((name) => [name, { [domainOf(name)]: 'owner' as const }])),
      gateSettings: 'login:\n  connectionsPerSource: 1000\n  connections: 1000\n',
    });
    for (const domain of DOMAINS) {
      const { status, stderr } = house.xlByHand('create', '-q', `${house.layout.xen}/etc/xen/${domain}.cfg`);
      assert.equal(status, 0, stderr);
    }
  });
  after(() => house.stop());

  function rows(): AuditRow[] {
    const store = Store.open(join(house.layout.gateState, 'postern.db'));
    try {
      return store.audit.tail({ limit: 1_000_000 });
    } finally {
      store.close();
    }
  }

  it('end whoever lost the right, and let nobody do what the policy of the moment does not allow', async () => {
    const count = (kind: AuditKind): number => rows().filter(({ event }) => event.kind === kind).length;
    const watching = new Map<SshStream, string>();
    const watch = (name: string): void => {
      const stream = house.stream(name, `${domainOf(name)} watch`, { tty: true });
      watching.set(stream, name);
      void stream.ends().then(() => watching.delete(stream));
    };
    const menus = CUSTOMERS.flatMap((name) => [1, 2, 3].map(() => house.stream(name, 'menu --plain')));
    await eventually('all menus', () => count('session.opened') === menus.length);
    const order = Array.from({ length: RELOADS }, (_, index) => (index + 1) % TEXTS.length);
    let visits = 0;
    let ended = 0;
    for (const [turn, next] of order.entries()) {
      const before = POLICIES[turn === 0 ? 0 : (order[turn - 1] ?? 0)] ?? assert.fail();
      const may = (policy: Policy, name: string): boolean =>
        ownerMay(policy, { customer: name }, domainOf(name), 'watch');
      for (const name of CUSTOMERS) {
        if (!may(before, name) || [...watching.values()].includes(name)) continue;
        watch(name);
        visits += 1;
      }
      await eventually('all to be on their consoles', () => count('console.attached') === visits);
      const watched = watching.size;
      // They act while the policy changes.
      for (const menu of menus) menu.type('1\n5\nyes\n');
      house.writePolicy(TEXTS[next] ?? '');
      house.signalGate('SIGHUP');
      await eventually('the reload', () => count('policy.loaded') === turn + 2);
      const now = POLICIES[next] ?? assert.fail();
      const lost = (): boolean => [...watching.values()].some((name) => !may(now, name));
      await eventually('those who lost the right to be ended', () => !lost());
      ended += watched - watching.size;
    }
    const revisions = [0, ...order];
    const counts = decidedRightly(
      rows(),
      (revision) => POLICIES[revisions[revision - 1] ?? -1],
      POLICIES[0] ?? assert.fail(),
    );
    process.stdout.write(`\n  ${counts.allowed} allowed, ${counts.denied} denied, ${ended} consoles ended\n`);
    assert.ok(ended >= SESSIONS / 8 && counts.allowed > ended);
    assert.equal(
      rows().filter(({ event }) => event.kind === 'session.closed' && event.what !== 'exec').length,
      0,
      'menus stay',
    );
  }).timeout(1_800_000);
});
