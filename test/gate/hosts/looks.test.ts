import assert from 'node:assert/strict';
import type { DomainName } from '../../../policy/names.js';
import { ChangesReader } from '../../../server/gate/hosts/changes-reader.js';
import { onDomainNews } from '../../../server/gate/hosts/domain-news.js';
import type { HostLink } from '../../../server/gate/hosts/host-link.js';
import { HostMemory } from '../../../server/gate/hosts/host-memory.js';
import { seenAt } from '../../../server/gate/hosts/hosts.js';
import type { HostsEvent } from '../../../server/gate/hosts/hosts.js';
import type { LinkEvent } from '../../../server/gate/hosts/link-event.js';
import { watchObservations } from '../../../server/gate/hosts/observation-watch.js';
import type { Change, DomainView } from '../../../server/wire/domain.js';
import { domainView } from '../../support/dom0-stand-in.js';
import { silentLogger } from '../../support/silent-logger.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const OPHELIA = domainName('ophelia');
const AT = '2026-11-30T12:00:00.000Z';

const line = (change: Change): Buffer => Buffer.from(`${JSON.stringify(change)}\n`);

/** A host whose domains count how often somebody walks over all of them. */
function hostOf(...names: readonly DomainName[]): { readonly host: HostLink; walks: number } {
  const domains = new Map(names.map((name) => [name, domainView(name, 'running')]));
  const fixture = {
    walks: 0,
    host: { name: 'one', reachable: true, hasBeenHeard: true, names: null, lastOthers: [], domains } as never,
  };
  const keys = domains.keys.bind(domains);
  domains.keys = () => {
    fixture.walks += 1;
    return keys();
  };
  return fixture;
}

describe('looks at all domains of a host', () => {
  it('are one event with what was used more, and leave all else as it was told', () => {
    const reader = new ChangesReader(new Map());
    const events: LinkEvent[] = [];
    const told = [HORATIO, OPHELIA].map((name) => domainView(name, 'running'));
    for (const domain of told) events.push(...reader.push(line({ change: 'domain', domain })));
    events.push(...reader.push(line({ change: 'ready', at: AT })));
    assert.equal(reader.lookedAt, null);
    events.length = 0;
    const [first, second] = [HORATIO, OPHELIA].map((name) => reader.domains.get(name));
    const loads = [
      [HORATIO, 7.5, 40],
      [domainName('yorick'), 1, 1],
    ] as const;
    events.push(...reader.push(line({ change: 'looked', at: AT, loads })));
    assert.deepEqual(events, [{ event: 'looked', loads: [HORATIO] }]);
    assert.equal(reader.lookedAt, AT);
    assert.deepEqual(reader.domains.get(HORATIO), { ...first, cpuSeconds: 7.5, cpuPercent: 40 });
    assert.deepEqual(reader.domains.get(OPHELIA), second);
    assert.equal(reader.domains.has(domainName('yorick')), false);
  });

  it('say when each domain was seen, but for one that they did not see', () => {
    const view = domainView(HORATIO, 'running');
    const unknown = domainView(HORATIO, 'unknown');
    assert.equal(seenAt({ host: { lookedAt: AT }, view }), AT);
    assert.equal(seenAt({ host: { lookedAt: null }, view }), view.observation.seenAt);
    assert.equal(seenAt({ host: { lookedAt: AT }, view: unknown }), unknown.observation.seenAt);
  });

  it('and news of a known domain cost the memory of hosts the same, however many domains there are', () => {
    const fixture = hostOf(HORATIO, OPHELIA);
    const recorded: string[] = [];
    const store = {
      of: () => null,
      record: ({ name }: { name: string }) => recorded.push(name),
      leaving: () => new Set<DomainName>(),
      recordLeaving: () => undefined,
    };
    const memory = new HostMemory([fixture.host], store as never, silentLogger, () => 0);
    memory.update(fixture.host, 'reachable', null);
    assert.equal(recorded.length, 1);
    fixture.walks = 0;
    for (let look = 0; look < 100; look += 1) {
      memory.update(fixture.host, 'domain', HORATIO);
      memory.update(fixture.host, 'looked', null);
    }
    assert.equal(fixture.walks, 0);
    const { domains } = fixture.host as unknown as { domains: Map<DomainName, DomainView> };
    const yorick = domainName('yorick');
    domains.set(yorick, domainView(yorick, 'running'));
    memory.update(fixture.host, 'domain', yorick);
    assert.equal(recorded.length, 2, 'a domain that was not there before is news');
    domains.delete(yorick);
    memory.update(fixture.host, 'gone', yorick);
    assert.equal(recorded.length, 3);
  });

  it('try again to record what could not be recorded, of that host and domain only', () => {
    let tell: (event: HostsEvent) => void = () => undefined;
    const taken: string[] = [];
    let isWritable = false;
    onDomainNews({
      hosts: {
        onEvent: (listener) => {
          tell = listener;
          return () => true;
        },
      },
      loads: true,
      take: (_host, { name }) => {
        taken.push(name);
        return isWritable || name !== HORATIO;
      },
    });
    const { host } = hostOf(HORATIO, OPHELIA);
    const look = (...loads: readonly DomainName[]): readonly string[] => {
      tell({ host, event: { event: 'looked', loads } });
      return taken.splice(0);
    };
    tell({ host, event: { event: 'reachable' } });
    assert.deepEqual(taken.splice(0), [HORATIO, OPHELIA]);
    assert.deepEqual(look(), [HORATIO]);
    isWritable = true;
    assert.deepEqual(look(OPHELIA), [OPHELIA, HORATIO]);
    assert.deepEqual(look(), []);
  });

  it('change no right; what another host says of a domain on its way does', () => {
    let tell: (event: HostsEvent) => void = () => undefined;
    const seen = { state: 'running' };
    const changed: string[] = [];
    watchObservations(
      {
        onEvent: (listener: (event: HostsEvent) => void) => {
          tell = listener;
          return () => true;
        },
        observation: () => ({ state: seen.state, booted: null }),
        lastObservation: () => ({ state: seen.state, booted: null }),
      } as never,
      (name) => changed.push(name),
    );
    const { host } = hostOf(HORATIO);
    tell({ host, event: { event: 'domain', name: HORATIO } });
    assert.deepEqual(changed.splice(0), [HORATIO]);
    seen.state = 'paused';
    tell({ host, event: { event: 'looked', loads: [HORATIO] } });
    assert.deepEqual(changed.splice(0), []);
    tell({ host, event: { event: 'domain', name: domainName('horatio--incoming') } });
    assert.ok(changed.includes(HORATIO));
    changed.length = 0;
    seen.state = 'off';
    tell({ host, event: { event: 'gone', name: HORATIO } });
    assert.deepEqual(changed, [HORATIO], 'it is still on another host');
  });
});
