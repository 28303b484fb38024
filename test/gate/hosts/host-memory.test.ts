import assert from 'node:assert/strict';
import type { DomainName } from '../../../policy/names.js';
import type { HostLink } from '../../../server/gate/hosts/host-link.js';
import { HostMemory } from '../../../server/gate/hosts/host-memory.js';
import { domainView } from '../../support/dom0-stand-in.js';
import { silentLogger } from '../../support/silent-logger.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const OPHELIA = domainName('ophelia');

describe('the memory of what hosts showed', () => {
  it('costs the same for news of a known domain, however many domains its host has', () => {
    const domains = new Map([HORATIO, OPHELIA].map((name) => [name, domainView(name, 'running')]));
    let walks = 0;
    const keys = domains.keys.bind(domains);
    domains.keys = () => {
      walks += 1;
      return keys();
    };
    const host = {
      name: 'one',
      reachable: true,
      hasBeenHeard: true,
      names: null,
      lastOthers: [],
      domains,
    } as unknown as HostLink;
    const recorded: string[] = [];
    const store = {
      of: () => null,
      record: ({ name }: { name: string }) => recorded.push(name),
      leaving: () => new Set<DomainName>(),
      recordLeaving: () => undefined,
    };
    const memory = new HostMemory([host], store as never, silentLogger, () => 0);
    memory.update(host, 'reachable', null);
    assert.equal(recorded.length, 1);
    walks = 0;
    for (let look = 0; look < 100; look += 1) memory.update(host, 'domain', HORATIO);
    assert.equal(walks, 0);
    const yorick = domainName('yorick');
    domains.set(yorick, domainView(yorick, 'running'));
    memory.update(host, 'domain', yorick);
    assert.equal(recorded.length, 2, 'a domain that was not there before is news');
    domains.delete(yorick);
    memory.update(host, 'gone', yorick);
    assert.equal(recorded.length, 3);
  });
});
