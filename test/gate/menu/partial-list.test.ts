import assert from 'node:assert/strict';
import { staleAge } from '../../../menus/domain-look.js';
import { percentWord } from '../../../menus/domain-words.js';
import type { MenuDomain } from '../../../menus/menu-domain.js';
import { ACTIONS } from '../../../policy/actions.js';
import type { DomainName } from '../../../policy/names.js';
import { OwnDomains } from '../../../server/gate/customer/own-domains.js';
import { MenuDomains } from '../../../server/gate/menu/menu-domains.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { operationView } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { propertyRuns } from '../../support/property-runs.js';
import { Random } from '../../support/random.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

const NAMES: readonly DomainName[] = Array.from({ length: 110 }, (_, at) => domainName(`d${at}`));
const BATCHES = 12;
const STATES = ['running', 'paused', 'off', 'crashed', 'shutting-down', 'unknown'] as const;

/** A domain with what menus show of it. */
function shown(domain: MenuDomain, now: number): object {
  const seenAt = staleAge(domain, now) === null ? null : domain.seenAt;
  return { ...domain, seenAt, cpuPercent: percentWord(domain.cpuPercent) };
}

describe('a long list of which parts are made anew', () => {
  let gate: GateInside;
  let carol: Identity;
  let told: readonly MenuDomain[];
  let menu: MenuDomains;

  beforeEach(async () => {
    gate = new GateInside({ silence: 600_000 });
    gate.dom0.contract = { ...gate.dom0.contract, looks: true };
    carol = gate.customer('carol', 'C', NAMES);
    for (const name of NAMES) gate.dom0.set(name, 'running');
    await gate.start();
    menu = new MenuDomains(
      gate.core.menu,
      carol,
      (fact) => {
        if (fact.fact === 'domains') told = fact.domains;
      },
      () => undefined,
    );
    told = await menu.start();
  });

  afterEach(async () => {
    menu.dispose();
    await gate.stop();
  });

  /** @returns where the list of the menu differs from one that is made now; null: nowhere */
  function different(): string | null {
    const now = Date.now();
    const whole = new OwnDomains(gate.core.ownDomains, carol).list(now);
    const [parts = [], all = []] = [told, whole].map((list) =>
      list.map((one) => JSON.stringify(shown(one, now))),
    );
    const at = parts.findIndex((one, place) => one !== all[place]);
    return at === -1 && parts.length === all.length ? null : `${parts[at] ?? ''}\n${all[at] ?? ''}`;
  }

  const { numRuns, seed } = propertyRuns('a list made in parts', 2, 60);
  for (let run = 0; run < numRuns; run += 1)
    it(`is the list that is made as a whole, whatever happens (seed ${seed + run})`, async () => {
      const random = new Random(seed + run);
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const happened = Array.from({ length: 1 + random.below(4) }, () => happens(random));
        await eventually(`the same list after ${happened.join(', ')}`, () => different() === null, {
          slowestMs: 100,
          instead: different,
        });
      }
      assert.deepEqual(
        gate.core.hosts.links.map(({ failure }) => failure),
        [null],
      );
      assert.ok(menu.isLong || told.length <= 100);
    });

  /** Something that changes what the menu shows, or that must not. @returns what */
  function happens(random: Random): string {
    const { dom0 } = gate;
    const name = random.of(NAMES);
    const state = random.of(STATES);
    const view = dom0.domains.get(name);
    switch (random.below(9)) {
      case 0:
        dom0.set(name, state);
        return `${name} is ${state}`;
      case 1:
        dom0.set(name, state, { memoryMiB: random.below(4_096), console: random.of(['attached', 'locked']) });
        return `${name} has other memory, or its console is locked`;
      case 2: {
        const id = `00000000-0000-4000-8000-${String(random.below(1e12)).padStart(12, '0')}`;
        const actor = { customer: carol.customer } as never;
        const asked = { id, domain: name, verb: 'reboot', profile: null, actor } as const;
        dom0.set(name, 'running', { operation: operationView(asked) });
        return `an operation on ${name}`;
      }
      case 3:
        dom0.gone(name);
        return `${name} goes`;
      case 4: {
        const names = [...dom0.domains.keys()].filter(() => random.percent(30));
        const cpuPercent = random.below(3) / 2;
        for (const one of names) {
          const domain = dom0.domains.get(one);
          if (domain !== undefined) dom0.domains.set(one, { ...domain, cpuSeconds: 1, cpuPercent });
        }
        dom0.tell({
          change: 'looked',
          at: new Date().toISOString(),
          loads: names.map((one) => [one, 1, cpuPercent]),
        });
        return `a look; ${names.length} use ${cpuPercent} %`;
      }
      case 5:
        if (gate.store.roles.find(carol.customer, name) === undefined) {
          gate.role(carol.customer, name, 'owner');
          return `a role on ${name}`;
        }
        gate.store.roles.remove(carol.customer, name, ADMIN);
        return `no role on ${name}`;
      case 6: {
        const hidden = rule('deny', ['status'], { domains: { names: [name, random.of(NAMES)], tags: [] } });
        gate.enforce(policyOf([hidden, rule('allow', ACTIONS)]));
        // As its session does.
        menu.soon();
        return `policy hides ${name}`;
      }
      case 7:
        for (const one of NAMES.slice(0, random.below(NAMES.length)))
          if (dom0.domains.has(one)) dom0.set(one, state);
        return `many are ${state}`;
      default:
        menu.wake();
        if (view !== undefined) dom0.set(name, view.observation.state, { ...view, memoryMiB: 77 });
        return `a key, and ${name} has 77 MiB`;
    }
  }
});
