import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Host } from '../../server/simulator/host.js';
import type { DomainView } from '../../server/wire/domain.js';
import { Dom0Client } from '../support/dom0-client.js';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { journalOf } from '../support/journal-of.js';
import { KilledHouse } from '../support/killed-house.js';
import { processesOf } from '../support/processes-of.js';
import { propertyRuns } from '../support/property-runs.js';
import { Random } from '../support/random.js';

const CUSTOMERS = ['alice', 'bob', 'carol', 'dave'] as const;
/** Laertes' configuration names horatio's disk. */
const DOMAINS = ['horatio', 'ophelia', 'yorick', 'laertes'] as const;
const COMMANDS = [
  'start',
  'start --wait',
  'reboot --yes',
  'reboot --yes --wait',
  'shutdown --yes',
  'shutdown --yes --wait',
  'poweroff --yes',
  'poweroff --yes --wait',
  'rescue rescue --yes',
  'rescue rescue --yes --wait',
  'normal --yes --wait',
  'console',
] as const;
const POLICY = `rules:
  - id: all
    allow: [status, watch, log, console, takeover, sysrq, start, shutdown, poweroff, reboot, rescue, normal]
`;
const LIMITS = `limits: {createsPerDomain: {count: 100000, windowSeconds: 1}, powerOffsPerMinute: 100000}\n`;
/** Milliseconds between two commands of a customer, at most. */
const THINKING_MS = 2_000;
/** The exit status when the host's half does not answer the gate. */
const HOST_UNREACHABLE = 6;
/** Milliseconds for things that end by themselves, on a busy machine. */
const LONG_MS = 120_000;

interface Row {
  readonly event: {
    readonly kind: string;
    readonly operation?: string;
    readonly domain?: string;
    readonly outcome?: string;
  };
}

describe('both halves, killed again and again while customers work', function () {
  const { numRuns: kills, seed } = propertyRuns('kills of a half', 200, 2_000);
  this.timeout(kills * 6_000);
  let house: House;

  before(async () => {
    const roles = Object.fromEntries(DOMAINS.map((name) => [name, 'owner' as const]));
    house = await House.layOut({
      domains: DOMAINS.map((name) => ({ name })),
      customers: Object.fromEntries(CUSTOMERS.map((name) => [name, roles])),
      policy: POLICY,
      dom0Settings: LIMITS,
      timeScale: 0.01,
    });
    const file = join(house.layout.xen, 'etc', 'xen', 'laertes.cfg');
    writeFileSync(file, readFileSync(file, 'utf8').replace('laertes.img', 'horatio.img'));
    await house.startDom0();
    await house.startGate();
  });
  after(() => house.stop());

  it(`${kills} kills: all that was asked for has one end, nothing is half-done, no disk has two writers`, async () => {
    const random = new Random(seed);
    const killed = new KilledHouse(house, random);
    const over = new AbortController();
    const working = CUSTOMERS.map((name, at) => work(name, killed, new Random(seed + 1 + at), over.signal));
    const watching = watchDisks(over.signal);
    try {
      const storm = async (): Promise<void> => {
        for (let at = 0; at < kills; at += 1) await killed.killOnce();
        await killed.up();
      };
      await Promise.race([storm(), watching, ...working]);
    } finally {
      over.abort();
    }
    const told = await Promise.all(working);
    await watching;
    await settled();
    const { rows, journal } = await verified();
    compare(rows, journal);
    const operations = rows.filter(({ event }) => event.kind.endsWith('.requested')).length;
    process.stdout.write(
      `  ${killed.kills.dom0} kills of dom0, ${killed.kills.gate} of the gate, ${killed.inStart} in a start; ${operations} intents, exit statuses ${JSON.stringify(count(told.flat()))}\n`,
    );
    await everythingWorks();
    await nothingIsLeft();
  });

  /** A customer who sends one command after the other. @returns the exit statuses */
  async function work(
    customer: string,
    killed: KilledHouse,
    random: Random,
    over: AbortSignal,
  ): Promise<number[]> {
    const statuses: number[] = [];
    while (!over.aborted) {
      await killed.up();
      const domain = random.of(DOMAINS);
      const command = random.of(COMMANDS);
      // A pause costs no CPU time, and customers are no programs.
      await pause(random.below(THINKING_MS));
      const status =
        command === 'console'
          ? await visit(customer, domain, over)
          : ((await house.ssh(customer, `${domain} ${command}`)).status ?? -1);
      statuses.push(status);
      if (status === HOST_UNREACHABLE) await Promise.race([killed.change(), ended(over)]);
    }
    return statuses;
  }

  /** Types at a console until it answers, the visit ends, or the test is over. */
  async function visit(customer: string, domain: string, over: AbortSignal): Promise<number> {
    const stream = house.stream(customer, `${domain} console`);
    stream.type('\r');
    const leave = (): void => void stream.kill();
    over.addEventListener('abort', leave, { once: true });
    void stream.receives('\x1b[', { withinMs: LONG_MS }).then(
      () => {
        stream.type('\r\x1d.');
      },
      () => undefined,
    );
    if (over.aborted) leave();
    const status = await stream.ends();
    over.removeEventListener('abort', leave);
    return status ?? -1;
  }

  /** Checks the hypervisor all the time: no two domains share a name or a disk. */
  async function watchDisks(over: AbortSignal): Promise<void> {
    const host = new Host(house.layout.xen);
    while (!over.aborted) {
      const running = host.domains().filter(({ shutdown }) => shutdown === null);
      const names = running.map(({ name }) => name);
      const disks = running.flatMap(({ config }) => config.disks.map(({ target }) => target));
      assert.equal(new Set(names).size, names.length, names.join());
      assert.equal(new Set(disks).size, disks.length, `${names.join()}: ${disks.join()}`);
      await pause(40);
    }
  }

  /** Waits until no operation is open, in the dom0 half or in the audit log. */
  async function settled(): Promise<void> {
    const client = new Dom0Client(house.layout.dom0Socket);
    await eventually(
      'all operations to end',
      async () => {
        const { body } = await client.ask('GET', '/domains');
        return (body as { domains: DomainView[] }).domains.every(({ operation }) => operation === null);
      },
      { withinMs: LONG_MS, everyMs: 100 },
    );
    await eventually('the outcomes in the audit log', async () => open(await auditRows()).length === 0, {
      withinMs: LONG_MS,
      everyMs: 500,
    });
  }

  async function auditRows(): Promise<Row[]> {
    const { stdout, stderr, status } = await house.postern('audit', '--json', '--limit', '1000000');
    assert.equal(status, 0, stderr);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
  }

  /** Checks with the admin's tools. */
  async function verified(): Promise<{ rows: Row[]; journal: ReturnType<typeof journalOf> }> {
    const audit = await house.postern('audit', 'verify');
    assert.equal(audit.status, 0, audit.stdout + audit.stderr);
    const doctor = await house.postern('doctor', '--dom0-settings', house.layout.dom0Settings);
    assert.match(doctor.stdout, / 0 to look at, 0 to mend/, doctor.stdout + doctor.stderr);
    const { stdout } = house.xlByHand('list');
    assert.doesNotMatch(stdout, / [r-][b-]p/, 'nothing is paused');
    return { rows: await auditRows(), journal: journalOf(house.layout.dom0State) };
  }

  /** Every intent has exactly one outcome, which agrees with the dom0 half's. */
  function compare(rows: readonly Row[], journal: ReturnType<typeof journalOf>): void {
    assert.equal(journal.problem, null);
    for (const { event } of rows) {
      if (!event.kind.endsWith('.requested')) continue;
      const { operation: id = '', kind, domain } = event;
      const ends = rows.filter((row) => row.event.kind === 'operation.ended' && row.event.operation === id);
      const how = `${kind} of ${domain}, ${id}`;
      assert.equal(ends.length, 1, `${how}: ${ends.map(({ event: end }) => JSON.stringify(end)).join()}`);
      const outcome = ends[0]?.event.outcome;
      const inJournal = journal.ends.get(id);
      if (journal.requested.has(id)) assert.equal(outcome, inJournal, how);
      else assert.match(String(outcome), /^(lost|refused)$|^done$/, how);
      if (!journal.requested.has(id) && outcome === 'done') assert.match(kind, /console/, how);
    }
  }

  /** Afterwards no restart is needed. */
  async function everythingWorks(): Promise<void> {
    for (const domain of DOMAINS) {
      const { status, stderr } = await house.ssh('alice', `${domain} poweroff --yes --wait`);
      assert.ok(status === 0 || /is off/.test(stderr), stderr);
    }
    const { status, stderr } = await house.ssh('bob', 'laertes start --wait');
    assert.equal(status, 0, stderr);
    assert.equal((await house.ssh('carol', 'laertes poweroff --yes --wait')).status, 0);
  }

  /** With every domain off, only the halves run; after them nothing does. */
  async function nothingIsLeft(): Promise<void> {
    const left = () => processesOf(house.layout.directory);
    const halves = [house.gatePid, house.dom0Pid];
    await eventually('all but the halves to be gone', () => left().every(({ pid }) => halves.includes(pid)), {
      instead: left,
    });
    await house.endGate();
    await house.endDom0();
    assert.deepEqual(left(), []);
  }
});

function open(rows: readonly Row[]): readonly Row[] {
  const ended = new Set(
    rows.flatMap(({ event }) => (event.kind === 'operation.ended' ? [event.operation] : [])),
  );
  return rows.filter(({ event }) => event.kind.endsWith('.requested') && !ended.has(event.operation));
}

async function ended(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function count(statuses: readonly number[]): Record<number, number> {
  const found: Record<number, number> = {};
  for (const status of statuses) found[status] = (found[status] ?? 0) + 1;
  return found;
}
