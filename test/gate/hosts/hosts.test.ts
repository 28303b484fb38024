import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRefusal } from '../../../policy/refusal.js';
import { HostLink } from '../../../server/gate/hosts/host-link.js';
import { Hosts } from '../../../server/gate/hosts/hosts.js';
import { AuditUnavailableError } from '../../../server/store/store-error.js';
import { Dom0StandIn } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';
import { domainName, TemporaryStore } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const YORICK = domainName('yorick');

describe('hosts', () => {
  let directory: string;
  let temporary: TemporaryStore;
  let one: Dom0StandIn;
  let other: Dom0StandIn;
  let hosts: Hosts;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'postern-hosts-'));
    temporary = new TemporaryStore();
    one = new Dom0StandIn(join(directory, 'one.sock'));
    other = new Dom0StandIn(join(directory, 'other.sock'));
    hosts = gateStarts();
    await one.start();
    await other.start();
  });

  afterEach(async () => {
    await hosts.close();
    await one.stop();
    await other.stop();
    rmSync(directory, { recursive: true });
    temporary.remove();
  });

  /** Starts a gate over the same hosts, with the memory of an earlier one. */
  function gateStarts(sockets = [one.socket, other.socket]): Hosts {
    const links = sockets.map(
      (socket, at) =>
        new HostLink(
          { name: at === 0 ? 'one' : 'other', socket },
          { log: silentLogger, timings: { retry: [5, 20], silence: 200, answer: 500 } },
        ),
    );
    const { domains, lastObservations } = temporary.store;
    return new Hosts(links, domains, lastObservations, silentLogger, { graceMs: 0 });
  }

  const names = (): string[] => temporary.store.domains.list().map(({ name }) => name);
  const retired = (): string[] =>
    temporary.store.domains.list().flatMap(({ name, retiredAt }) => (retiredAt === null ? [] : [name]));
  const link = (at: 0 | 1): HostLink => hosts.links[at] ?? assert.fail();
  const beat = (stand: Dom0StandIn): void => {
    stand.tell({ change: 'beat', at: new Date().toISOString() });
  };
  /** Resolves when both hosts are reachable. Their heartbeats must continue, or the links count as lost. */
  async function ready(): Promise<NodeJS.Timeout> {
    hosts.start();
    const beating = setInterval(() => {
      beat(one);
      beat(other);
    }, 50);
    await eventually('both hosts', () => hosts.areAllReachable);
    return beating;
  }

  it('have been tried once: one answers, and one is not there', async () => {
    await other.stop();
    hosts.start();
    await hosts.tried();
    assert.deepEqual(
      hosts.links.map(({ reachable }) => reachable),
      [true, false],
    );
  });

  it('say of a domain that none has shown whether one that does not answer may have it', async () => {
    const beating = await ready();
    const said = (): readonly unknown[] => {
      const no = hosts.reach(HORATIO);
      return isRefusal(no) ? [hosts.lack, no.code, no.message] : [];
    };
    assert.deepEqual(said(), [
      'nowhere',
      'not-on-this-host',
      'horatio is not on any host now. Please ask us.',
    ]);
    await other.stop();
    await eventually('the loss', () => !link(1).reachable);
    assert.deepEqual(said(), [
      'unheard',
      'host-unreachable',
      'No host that answers has horatio, and not every host answers just now. Please try again in a moment.',
    ]);
    await one.stop();
    await eventually('the loss of both', () => !link(0).reachable);
    assert.deepEqual(said(), [
      null,
      'host-unreachable',
      'The host of horatio does not answer just now. Please try again in a moment.',
    ]);
    clearInterval(beating);
  });

  it('tells of the attempt that failed: when it began, and why', async () => {
    const at = new Date('2026-11-21T07:15:02.000Z');
    const socket = `${other.socket}-not-there`;
    const alone = new HostLink({ name: 'alone', socket }, { log: silentLogger, clock: () => at });
    const before = alone.failure;
    assert.equal(before, null);
    alone.start();
    await alone.tried;
    await alone.close();
    const { failure } = alone;
    assert.equal(failure?.at, '2026-11-21T07:15:02.000Z');
    assert.match(failure.reason, /^\S*other\.sock-not-there: there is no such file or directory$/);
  });

  it('hears the whole list, then every change', async () => {
    one.set(HORATIO, 'off');
    const beating = await ready();
    assert.equal(hosts.find(HORATIO)?.view.observation.state, 'off');
    one.set(HORATIO, 'running');
    one.set(YORICK, 'off');
    await eventually('the news', () => hosts.find(HORATIO)?.view.observation.state === 'running');
    await eventually('the new one', () => hosts.find(YORICK));
    assert.deepEqual(names(), ['horatio', 'yorick']);
    clearInterval(beating);
  });

  it('takes silence for loss, keeps what it knew, and comes back', async () => {
    one.set(HORATIO, 'running');
    const events: string[] = [];
    hosts.onEvent(({ host, event }) => {
      if (event.event === 'lost' || event.event === 'reachable') events.push(`${host.name} ${event.event}`);
    });
    clearInterval(await ready());
    await eventually('the loss', () => events.includes('one lost'));
    assert.equal(hosts.find(HORATIO)?.view.observation.state, 'running');
    await eventually('the return', () => events.filter((event) => event === 'one reachable').length > 1);
  });

  it('survives its death and what went meanwhile is gone', async () => {
    one.set(HORATIO, 'running');
    one.set(YORICK, 'running');
    const beating = await ready();
    await one.stop();
    await eventually('the loss', () => !link(0).reachable);
    one.domains.delete(YORICK);
    one.setNames({ gone: [{ name: YORICK, at: new Date().toISOString() }] });
    await one.start();
    await eventually('the return', () => link(0).reachable);
    assert.equal(hosts.find(YORICK), undefined);
    assert.ok(hosts.find(HORATIO));
    assert.deepEqual(retired(), [YORICK]);
    clearInterval(beating);
  });

  it('retires a domain only when every host is heard and none has it', async () => {
    one.set(HORATIO, 'off');
    other.set(HORATIO, 'off');
    one.set(YORICK, 'off');
    const beating = await ready();
    one.gone(HORATIO);
    await eventually('it to be on one only', () => hosts.find(HORATIO)?.host.name === 'other');
    assert.deepEqual(retired(), [], 'the other has it');
    await other.stop();
    await eventually('the loss', () => !link(1).reachable);
    one.gone(YORICK);
    await eventually('it to be gone', () => hosts.find(YORICK) === undefined);
    assert.deepEqual(retired(), [], 'the other may have it');
    await other.start();
    await eventually('the retirement', () => retired().includes(YORICK));
    assert.deepEqual(retired(), [YORICK]);
    clearInterval(beating);
  });

  it('finds a domain of two hosts where it lives', async () => {
    one.set(HORATIO, 'off');
    other.set(HORATIO, 'off');
    const beating = await ready();
    assert.equal(hosts.find(HORATIO)?.host.name, 'one');
    other.set(HORATIO, 'running');
    await eventually('the other', () => hosts.find(HORATIO)?.host.name === 'other');
    clearInterval(beating);
  });

  it('lets nothing be started that may run elsewhere', async () => {
    one.set(HORATIO, 'off');
    one.set(YORICK, 'off');
    other.set(HORATIO, 'off');
    const beating = await ready();
    assert.equal(hosts.canRunElsewhere(HORATIO, link(0)), null);
    other.set(HORATIO, 'crashed');
    await eventually('the crash', () => hosts.canRunElsewhere(HORATIO, link(0))?.code === 'wrong-state');
    other.set(HORATIO, 'off');
    await eventually('the end', () => hosts.canRunElsewhere(HORATIO, link(0)) === null);
    await other.stop();
    await eventually('the loss', () => hosts.canRunElsewhere(HORATIO, link(0))?.code === 'host-unreachable');
    assert.equal(hosts.canRunElsewhere(YORICK, link(0)), null, 'the other never had it');
    clearInterval(beating);
  });

  it('does not know what a host has that it never heard', async () => {
    one.set(HORATIO, 'off');
    await other.stop();
    hosts.start();
    await eventually('one', () => link(0).reachable);
    assert.equal(hosts.canRunElsewhere(HORATIO, link(0))?.code, 'host-unreachable');
  });

  it('knows from before it started what a host had that does not answer', async () => {
    one.set(HORATIO, 'off');
    other.set(YORICK, 'running');
    clearInterval(await ready());
    await hosts.close();
    await other.stop();
    // A domain that appeared on the first host only now may have come from the other.
    one.set(YORICK, 'off');
    one.set(domainName('ophelia'), 'off');
    hosts = gateStarts();
    hosts.start();
    await eventually('one', () => link(0).reachable);
    assert.equal(hosts.canRunElsewhere(HORATIO, link(0)), null, 'the other did not have it');
    for (const name of ['yorick', 'ophelia']) {
      assert.equal(hosts.canRunElsewhere(domainName(name), link(0))?.code, 'host-unreachable', name);
    }
    await hosts.close();
    hosts = gateStarts();
    assert.equal(
      hosts.canRunElsewhere(domainName('ophelia'), link(0)),
      null,
      'the next gate has seen it here',
    );
    assert.equal(hosts.canRunElsewhere(YORICK, link(0))?.code, 'host-unreachable');
  });

  it('tries once, not at each of the news, to remember what cannot be written', async () => {
    await hosts.close();
    const { lastObservations } = temporary.store;
    let tries = 0;
    lastObservations.record = () => {
      tries += 1;
      throw new AuditUnavailableError('the disk is full');
    };
    hosts = gateStarts();
    one.set(HORATIO, 'off');
    const beating = await ready();
    for (const name of ['ophelia', 'yorick', 'hamlet']) one.set(domainName(name), 'off');
    await eventually('all of them', () => hosts.find(domainName('hamlet')));
    assert.equal(tries, 1);
    assert.ok(names().includes('hamlet'), 'and the rest is remembered all the same');
    clearInterval(beating);
  });

  it('knows nothing of another machine under the name of one it knew', async () => {
    one.set(HORATIO, 'off');
    clearInterval(await ready());
    await hosts.close();
    hosts = gateStarts([one.socket, join(directory, 'new-machine.sock')]);
    hosts.start();
    await eventually('one', () => link(0).reachable);
    assert.equal(hosts.canRunElsewhere(HORATIO, link(0))?.code, 'host-unreachable');
  });

  it('refuses a host of another version, and one that talks nonsense', async () => {
    for (const version of [0, 2, '1', null]) {
      one.contract = { ...one.contract, version: version as 1 };
      hosts.start();
      await eventually('a try', () => link(1).reachable);
      assert.equal(link(0).reachable, false);
    }
    one.contract = { ...one.contract, version: 1 };
    await eventually('the right version', () => link(0).reachable);
    one.tell({ change: 'domain', domain: { name: '-a' } } as never);
    await eventually('the loss', () => !link(0).reachable);
    assert.equal(link(0).domains.size, 0);
  });

  it('reads the journal page by page', async () => {
    const beating = await ready();
    for (let seq = 1; seq <= 5; seq += 1) {
      one.requests.push({ id: `op-${seq}`, actor: { auditSeq: seq, auditHash: `h${seq}` } } as never);
    }
    const records = [];
    for await (const record of link(0).journal()) records.push(record.operation);
    assert.deepEqual(records, ['op-1', 'op-2', 'op-3', 'op-4', 'op-5']);
    clearInterval(beating);
  });
});
