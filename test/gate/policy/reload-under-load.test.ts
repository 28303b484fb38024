import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { ACTIONS } from '../../../policy/actions.js';
import type { Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import { ConsoleSession } from '../../../server/gate/console/console-session.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { Slices } from '../../../server/gate/scheduling/slices.js';
import type { StandInConsole } from '../../support/dom0-stand-in.js';
import { operationView } from '../../support/dom0-stand-in.js';
import { decidedRightly, ownerMay } from '../../support/decided-rightly.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { propertyRuns } from '../../support/property-runs.js';
import { domainName } from '../../support/temporary-store.js';

/** Each has a menu, a console, a watched console, and commands: 200 live sessions. */
const CUSTOMERS = 50;

/** Customers by the last digit of their login. One policy allows half of them what the next one may not. */
function some(digits: string): {
  readonly customers: readonly string[];
  readonly groups: [];
  readonly roles: [];
} {
  return { customers: Array.from(digits, (digit) => `c*${digit}`), groups: [], roles: [] };
}

const SEEN = rule('allow', ['status']);
const POLICIES: readonly Policy[] = [
  policyOf([SEEN, rule('allow', ACTIONS, { subjects: some('01234') })]),
  policyOf([SEEN, rule('allow', ACTIONS, { subjects: some('56789') })]),
  policyOf([rule('deny', ['console', 'poweroff'], { subjects: some('02468') }), rule('allow', ACTIONS)]),
  policyOf([
    rule('deny', ['status'], { subjects: some('135') }),
    rule('allow', ['status', 'watch', 'start']),
  ]),
  policyOf([SEEN]),
];

describe('reloads under 200 live sessions', () => {
  const { numRuns, seed } = propertyRuns('policy reloads', 25, 1_000);
  let gate: GateInside;
  let over: boolean;
  const waiting: (() => void)[] = [];
  const inForce = new Map<number, Policy>();

  before(async () => {
    // The host answers from this busy process, so the time-outs are long. Each turn asks questions for one
    // millisecond: a customer who acts before their turn is asked about at once.
    gate = new GateInside({ silence: 60_000, answer: 60_000 }, new Slices({ milliseconds: 1 }));
    await gate.start();
    gate.dom0.reply = (request) =>
      operationView(request, { phase: 'done', endedAt: new Date().toISOString() });
    gate.dom0.onConsole = (console) => {
      const mode = console.query.get('mode') === 'watch' ? 'watch' : 'write';
      const domain = domainName(console.domain);
      console.note({ note: 'attached', attachment: 1, domain, mode, present: [], cols: 80, rows: 24 });
    };
    over = false;
  });
  after(() => gate.stop());

  /** One seed always gives the same numbers. */
  let state = seed;
  function random(below: number): number {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  }

  function reload(): void {
    const next = POLICIES[random(POLICIES.length)];
    assert.ok(next !== undefined);
    gate.enforce(next);
    inForce.set(gate.core.policy.revision, next);
    wake();
  }

  function wake(): void {
    for (const resolve of waiting.splice(0)) resolve();
  }

  /** Opens a console again and again. */
  class Visitor {
    terminal = new FakeTerminal();
    readonly who: Identity;
    readonly domain: string;
    readonly action: 'console' | 'watch';
    visits = 0;

    constructor(who: Identity, domain: string, action: 'console' | 'watch') {
      this.who = who;
      this.domain = domain;
      this.action = action;
    }

    async run(): Promise<void> {
      while (!over) {
        this.terminal = new FakeTerminal();
        const mode = this.action === 'watch' ? 'watch' : 'write';
        const { revision } = gate.core.policy;
        const session = new ConsoleSession(gate.core.console, this.who, this.terminal, this.domain, mode);
        const ending = await session.run();
        if (!isRefusal(ending)) this.visits += 1;
        // The next policy may be in force before this one's refusal is read.
        else if (gate.core.policy.revision === revision) await nextReload();
      }
    }
  }

  /** A customer in a menu who types random things, but nothing that leaves the menu. */
  class Wanderer {
    readonly terminal = new FakeTerminal({ hasPty: false });
    readonly ended: Promise<number>;

    constructor(who: Identity) {
      this.ended = gate.menu(who, this.terminal).run({ plain: true });
    }

    async run(): Promise<void> {
      while (!over) {
        if (!this.terminal.isOpen) return;
        for (let lines = 0; lines < 4; lines += 1) {
          this.terminal.type(['1\n', '2\n', '3\n', '4\n', '5\n', 'yes\n'][random(6)] ?? '');
          await turn();
        }
        await nextReload();
      }
    }
  }

  /** Sends commands at odd moments around each reload, within one customer's rate limit. */
  async function command(who: Identity, domain: string): Promise<void> {
    while (!over) {
      const verb = ['status', 'start', 'poweroff --yes', 'shutdown', 'reboot', 'list'][random(6)] ?? '';
      const text = verb === 'list' ? verb : `${domain} ${verb}`;
      await gate.exec(who, text, new FakeTerminal({ hasPty: false }));
      if (random(2) === 0) await nextReload();
    }
  }

  /** Resolves with the next policy, or at the end. */
  function nextReload(): Promise<void> {
    return over ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
  }

  it('let nobody do what the policy of the moment does not allow', async () => {
    const warnings: string[] = [];
    const warned = ({ message }: Error): void => {
      warnings.push(message);
    };
    process.on('warning', warned);
    const initial = gate.core.policy.policy;
    inForce.set(gate.core.policy.revision, initial);
    const people = Array.from({ length: CUSTOMERS }, (_, index) => {
      const domain = `d${index}`;
      gate.dom0.set(domainName(domain), 'running');
      const who = gate.customer(`c${index}`, String.fromCharCode(65 + (index % 26)), [domain]);
      return { who: { ...who, connection: `connection-${index}` }, domain };
    });
    await eventually('the domains', () =>
      people.every(({ domain }) => gate.core.hosts.find(domainName(domain)) !== undefined),
    );
    const visitors = people.flatMap(({ who, domain }) => [
      new Visitor(who, domain, 'console'),
      new Visitor(who, domain, 'watch'),
    ]);
    const first = gate.store.audit.head().seq;
    const wanderers = people.map(({ who }) => new Wanderer(who));
    const work = [
      ...visitors.map((visitor) => visitor.run()),
      ...wanderers.map((wanderer) => wanderer.run()),
      ...people.map(({ who, domain }) => command(who, domain)),
    ];
    let typedInVain = 0;
    for (let reloads = 0; reloads < numRuns; reloads += 1) {
      // At odd moments, but now and then only when a console is open.
      const may = visitors.some((one) => ownerMay(gate.core.policy.policy, one.who, one.domain, one.action));
      if (may && reloads % 3 === 0)
        await eventually('a console', () => gate.dom0.consoles.some(({ open }) => open), { everyMs: 1 });
      for (let turns = random(60); turns > 0; turns -= 1) await turn();
      reload();
      // From here on the new policy counts, with nothing in between: text typed into a lost console reaches
      // no guest.
      const now = gate.core.policy.policy;
      for (const visitor of visitors) {
        if (ownerMay(now, visitor.who, visitor.domain, visitor.action)) continue;
        visitor.terminal.type('lost');
        typedInVain += 1;
      }
    }
    // A customer who was allowed when the host was asked, and no longer is, does not get in either.
    gate.enforce(policyOf([SEEN]));
    inForce.set(gate.core.policy.revision, gate.core.policy.policy);
    for (const visitor of visitors) visitor.terminal.type('lost');
    await eventually('all consoles to be over', () => gate.dom0.consoles.every(({ open }) => !open));
    over = true;
    wake();
    for (const { terminal } of wanderers) terminal.hangUp();
    let left = work.length;
    for (const one of work) void one.finally(() => (left -= 1));
    await eventually('all sessions to be over', () => left === 0);
    await Promise.all([...work, ...wanderers.map(({ ended }) => ended)]);
    process.off('warning', warned);
    assert.deepEqual(warnings, []);

    const typed = gate.dom0.consoles.filter((console: StandInConsole) => console.typed.includes('lost'));
    assert.deepEqual(
      typed.map(({ domain }) => domain),
      [],
      'typed with no right to it',
    );
    assert.ok(typedInVain > 0);
    const rows = gate.store.audit.tail({ after: first, limit: 1_000_000 });
    const counts = decidedRightly(rows, (revision) => inForce.get(revision), initial);
    const visits = visitors.reduce((sum, visitor) => sum + visitor.visits, 0);
    process.stdout.write(
      `\n  ${counts.allowed} allowed, ${counts.denied} denied, ${visits} consoles ended\n`,
    );
    assert.ok(counts.allowed > 50 && counts.denied > 50 && visits > 0);
  }).timeout(600_000);
});
