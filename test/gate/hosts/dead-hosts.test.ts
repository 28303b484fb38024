import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askDom0 } from '../../../server/cli/doctor/dom0-answer.js';
import { auditRoutes } from '../../../server/gate/control/audit-routes.js';
import type { AuditReport } from '../../../server/gate/control/record-answers.js';
import { HostLink } from '../../../server/gate/hosts/host-link.js';
import { Hosts } from '../../../server/gate/hosts/hosts.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import type { Session } from '../../../server/gate/session/session.js';
import type { Witness } from '../../../server/store/audit-verifier.js';
import { DeadHosts } from '../../support/dead-hosts.js';
import { Dom0StandIn } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside } from '../../support/gate-inside.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, domainName, TemporaryStore } from '../../support/temporary-store.js';

/** An answer that is waited for this long is waited for until the test fails. Milliseconds. */
const FOR_EVER = 3_600_000;

const HORATIO = domainName('horatio');
const YORICK = domainName('yorick');
const NOBODY = domainName('fortinbras');

/** Twenty hosts, ten of which are dead. The gate would wait for a dead one until the test fails. */
describe('ten dead hosts of twenty', () => {
  let directory: string;
  let dead: DeadHosts;
  let living: Dom0StandIn[];
  let gate: GateInside;
  let sessions: number;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'postern-dead-'));
    dead = new DeadHosts(directory, 10);
    await dead.start();
    living = Array.from({ length: 9 }, (_, at) => new Dom0StandIn(join(directory, `living${at}.sock`)));
    for (const [at, host] of living.entries()) {
      host.set(domainName(`domain${at}`), 'running');
      await host.start();
    }
    const more = [...dead.hosts, ...living.map(({ socket }, at) => ({ name: `living${at}`, socket }))];
    gate = new GateInside({ answer: FOR_EVER, silence: FOR_EVER }, new Slices({ now: () => 0 }), more);
    sessions = 0;
    await gate.dom0.start();
  });

  afterEach(async () => {
    await gate.stop();
    for (const host of living) await host.stop();
    await dead.stop();
    rmSync(directory, { recursive: true });
  });

  function open(command: string | null, identity: Identity): FakeTerminal {
    const terminal = new FakeTerminal({ hasPty: command === null });
    const request: Session['request'] = command === null ? { kind: 'shell' } : { kind: 'exec', command };
    sessions += 1;
    gate.core.sessions.open({
      id: `c.${sessions}`,
      identity,
      terminal,
      openedAt: new Date(),
      request,
      recorded: Promise.resolve(),
      onEnd: () => undefined,
    });
    return terminal;
  }

  async function run(command: string, identity = gate.alice): Promise<FakeTerminal> {
    const terminal = open(command, identity);
    await eventually(`the end of ${command}`, () => terminal.status !== null);
    return terminal;
  }

  it('are waited for by no command and no menu: list, status, console, log and start, from the first moment', async () => {
    gate.core.start();
    const list = await run('list');
    assert.match(list.output, /horatio +running/);
    assert.match((await run('horatio status')).output, /horatio is running/);
    const menu = open(null, gate.alice);
    await eventually('the menu', () => /horatio/.test(menu.output));
    menu.hangUp();
    assert.match((await run('horatio log')).output, /boot of horatio/);
    gate.dom0.onConsole = (console) => {
      console.note({ note: 'ended', reason: 'domain-gone' });
    };
    const left = await run('horatio console');
    assert.match(left.output + left.errors, /is gone from its host/);
    await eventually(
      'the living hosts',
      () => gate.core.hosts.links.filter((link) => link.reachable).length === 10,
    );
    assert.ok(dead.open >= 6, 'the mute and the trickling hosts are being asked all the while');
  });

  it('are asked for their journals all at once', async () => {
    let asked = 0;
    let all: () => void = () => undefined;
    const everyHost = new Promise<void>((resolve) => (all = resolve));
    // A host answers only when all have been asked.
    const hosts = Array.from({ length: 20 }, (_, at) => ({
      name: `host${at}`,
      journal: async function* (): AsyncGenerator<Witness> {
        asked += 1;
        if (asked === 20) all();
        await everyHost;
        if (at % 2 === 0) throw new Error('dead');
        yield* [];
      },
    }));
    const verify = auditRoutes(gate.store, hosts).find(({ pattern }) => pattern === '/audit/verify');
    const { signal } = new AbortController();
    const given = { method: 'POST', path: '/audit/verify', given: {}, actor: ADMIN, signal } as const;
    const report = (await verify?.answer(given)) as AuditReport;
    assert.deepEqual(
      report.witnesses.map(({ problem }) => problem),
      hosts.map((_, at) => (at % 2 === 0 ? 'dead' : null)),
    );
  });

  it('are given up by the doctor in time, an answer that trickles among them', async () => {
    await Promise.all(
      dead.hosts.map(({ name, socket }) => assert.rejects(askDom0(socket, '/contract', 100), name)),
    );
  });
});

describe('the first look of a session', () => {
  let directory: string;
  let temporary: TemporaryStore;
  let dead: DeadHosts;
  let living: Dom0StandIn;
  let hosts: Hosts;
  let now: number;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'postern-first-'));
    temporary = new TemporaryStore();
    dead = new DeadHosts(directory, 3);
    living = new Dom0StandIn(join(directory, 'living.sock'));
    living.set(HORATIO, 'running');
    now = 0;
    await living.start();
    await dead.start();
    hosts = gateStarts();
  });

  afterEach(async () => {
    await hosts.close();
    await living.stop();
    await dead.stop();
    rmSync(directory, { recursive: true });
    temporary.remove();
  });

  function gateStarts(): Hosts {
    const settings = [...dead.hosts, { name: 'living', socket: living.socket }];
    const links = settings.map(
      (host) => new HostLink(host, { log: silentLogger, timings: { answer: FOR_EVER, silence: FOR_EVER } }),
    );
    const { domains, lastObservations } = temporary.store;
    return new Hosts(links, domains, lastObservations, silentLogger, { monotonic: () => now });
  }

  it('waits for the host of its domain, and for no dead one', async () => {
    hosts.start();
    const look = hosts.firstLook([HORATIO]);
    assert.notEqual(look, null, 'no host has been heard yet');
    await look;
    assert.ok(hosts.find(HORATIO));
    assert.equal(hosts.firstLook([HORATIO]), null);
    assert.notEqual(hosts.firstLook([NOBODY]), null, 'a host that hangs may have it');
    assert.notEqual(hosts.firstLook([HORATIO, NOBODY]), null);
    now += 2_000;
    assert.equal(hosts.firstLook([NOBODY]), null, 'two seconds are enough');
    await hosts.tried();
  });

  it('knows from the gate before which host had its domain', async () => {
    const [hanging] = dead.hosts.filter(({ death }) => death === 'mute');
    const shown = { domains: new Set([YORICK]), guests: new Set([`${NOBODY}--incoming`]) };
    temporary.store.lastObservations.record(hanging ?? assert.fail(), shown);
    hosts = gateStarts();
    hosts.start();
    await eventually('the living host', () => hosts.find(HORATIO));
    assert.equal(hosts.firstLook([HORATIO]), null);
    assert.notEqual(hosts.firstLook([YORICK]), null);
    assert.notEqual(hosts.firstLook([NOBODY]), null, 'it was arriving there');
  });
});
