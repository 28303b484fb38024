import assert from 'node:assert/strict';
import type { DomainName } from '../../../policy/names.js';
import { DomainRegistry } from '../../../server/gate/hosts/domain-registry.js';
import type { HostFacts } from '../../../server/gate/hosts/name-rules.js';
import type { DomainView, HostNames } from '../../../server/wire/domain.js';
import { domainView } from '../../support/dom0-stand-in.js';
import { Random } from '../../support/random.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, customerName, domainName, TemporaryStore } from '../../support/temporary-store.js';

const MINUTE = 60_000;
const NAMES = ['horatio', 'ophelia', 'yorick', 'laertes'].map(domainName);
const UUIDS = ['1', '2'].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`);

interface ShownHost extends HostFacts {
  reachable: boolean;
  readonly domains: Map<DomainName, DomainView>;
  names: HostNames;
}

function host(name: string): ShownHost {
  return { name, reachable: true, domains: new Map(), names: { others: [], missing: [], gone: [] } };
}

/** A store with a registry over it. */
class Gate {
  readonly statements: string[] = [];
  readonly temporary: TemporaryStore;
  readonly registry: DomainRegistry;

  constructor(now: () => number) {
    const clock = (): Date => new Date(now());
    this.temporary = new TemporaryStore({ clock, trace: (sql) => this.statements.push(sql) });
    const { domains } = this.temporary.store;
    this.registry = new DomainRegistry(
      domains,
      { graceMs: 10 * MINUTE, monotonic: now, clock },
      silentLogger,
    );
  }

  /** Everything that was decided. */
  get decided(): unknown {
    const { domains, audit } = this.temporary.store;
    return [
      domains.list(),
      domains.identities(),
      audit
        .tail()
        .map(({ at, event }) => JSON.stringify([at, event]))
        .sort(),
    ];
  }
}

describe('news of one name', () => {
  it('decide the same as a look at all names', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const random = new Random(seed);
      let now = Date.parse('2026-11-29T12:00:00.000Z');
      const gates = [new Gate(() => now), new Gate(() => now)] as const;
      const [one, all] = gates;
      const hosts = [host('xen1'), host('xen2'), host('xen3')];
      for (const { temporary } of gates) {
        const { customers, roles } = temporary.store;
        customers.add(customerName('alice'), ADMIN);
        for (const name of NAMES) roles.add(customerName('alice'), name, 'owner', ADMIN);
      }
      for (let step = 0; step < 30; step += 1) {
        now += random.below(8 * MINUTE);
        const at = random.of(hosts);
        const name = random.of(NAMES);
        const chance = random.below(10);
        if (chance < 6) {
          const configured = random.percent(80)
            ? {
                since: new Date(now - random.below(30 * MINUTE)).toISOString(),
                uuid: random.of([...UUIDS, null]),
              }
            : null;
          const incarnation = random.of([...UUIDS, null]);
          at.domains.set(
            name,
            domainView(name, incarnation === null ? 'off' : 'running', { configured, incarnation }),
          );
          at.names = { ...at.names, gone: at.names.gone.filter((gone) => gone.name !== name) };
          one.registry.reviewName(hosts, name);
        } else {
          if (chance < 8) {
            at.domains.delete(name);
            at.names = { ...at.names, gone: [...at.names.gone, { name, at: new Date(now).toISOString() }] };
          } else at.reachable = !at.reachable;
          one.registry.review(hosts);
        }
        all.registry.review(hosts);
        assert.deepEqual(one.decided, all.decided, `seed ${seed}, step ${step}`);
      }
      for (const { temporary } of gates) temporary.remove();
    }
  });

  it('read and write nothing of the others', () => {
    const gate = new Gate(() => 0);
    try {
      const xen1 = host('xen1');
      for (let at = 0; at < 300; at += 1)
        xen1.domains.set(domainName(`d${at}`), domainView(domainName(`d${at}`), 'off'));
      gate.registry.review([xen1]);
      const name = domainName('d7');
      xen1.domains.set(name, domainView(name, 'running', { incarnation: UUIDS[0] ?? null }));
      assert.ok(gate.registry.isNews(xen1, name));
      gate.statements.length = 0;
      gate.registry.reviewName([xen1], name);
      assert.ok(!gate.registry.isNews(xen1, name));
      const ofAll = gate.statements.filter(
        (sql) => /^SELECT/.test(sql) && !/'d7'/.test(sql) && !/FROM audit/.test(sql),
      );
      assert.deepEqual(ofAll, []);
      assert.equal(gate.statements.filter((sql) => /^INSERT INTO identity/.test(sql)).length, 1);
    } finally {
      gate.temporary.remove();
    }
  });
});
