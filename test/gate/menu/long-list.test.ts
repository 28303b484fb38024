import assert from 'node:assert/strict';
import { domainGone } from '../../../menus/words.js';
import { ACTIONS } from '../../../policy/actions.js';
import type { DomainName } from '../../../policy/names.js';
import { MenuSession } from '../../../server/gate/menu/menu-session.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

/** One more than a short list. */
const COUNT = 101;
const NAMES: readonly DomainName[] = Array.from({ length: COUNT }, (_, at) =>
  domainName(`d${String(at).padStart(3, '0')}`),
);
const [FIRST = domainName('none'), SECOND = FIRST] = NAMES;

/** So much of the sentence is on one line. */
const GONE = domainGone(FIRST).slice(0, 20);

/** Slices that are taken when the test says so. */
class HeldSlices {
  readonly waiting: { readonly step: () => boolean; readonly done: () => void }[] = [];
  /** How much work was begun. */
  begun = 0;
  isHeld = true;

  run(step: () => boolean): Promise<void> {
    this.begun += 1;
    return new Promise((done) => {
      this.waiting.push({ step, done });
      if (!this.isHeld) this.take();
    });
  }

  /** Takes so many steps of all that waits. */
  take(steps = Infinity): void {
    for (const one of this.waiting.splice(0)) {
      let left = steps;
      let isMore = true;
      for (; left > 0 && isMore; left -= 1) isMore = one.step();
      if (isMore) this.waiting.push(one);
      else one.done();
    }
  }
}

describe('the menu of a customer with many servers', () => {
  let gate: GateInside;
  let carol: Identity;
  let slices: HeldSlices;
  let terminal: FakeTerminal;
  let ended: Promise<number>;
  let session: MenuSession;

  beforeEach(async () => {
    gate = new GateInside({ silence: 600_000 });
    carol = gate.customer('carol', 'C', NAMES);
    for (const name of NAMES) gate.dom0.set(name, 'running');
    await gate.start();
    slices = new HeldSlices();
  });

  afterEach(async () => {
    terminal.hangUp();
    await gate.stop();
  });

  function open(): void {
    terminal = new FakeTerminal();
    session = new MenuSession({ ...gate.core.menu, slices }, carol, terminal);
    ended = session.run({ plain: false });
  }

  async function opened(): Promise<void> {
    open();
    slices.isHeld = false;
    slices.take();
    await shows('d000');
  }

  const shows = (text: string | RegExp, since = 0): Promise<unknown> =>
    eventually(`to show ${String(text)}`, () => {
      const news = terminal.output.slice(since);
      return typeof text === 'string' ? news.includes(text) : text.test(news);
    });

  it('is made step by step, and opens when all are there', async () => {
    open();
    assert.equal(slices.begun, 1);
    slices.take(COUNT - 1);
    assert.equal(terminal.output, '');
    slices.take();
    await shows('d000');
    terminal.type('q');
    assert.equal(await ended, 0);
    assert.equal(terminal.listeners, 0);
  });

  it('opens nothing for a customer who has gone meanwhile, and asks no more', async () => {
    open();
    slices.take(3);
    let asked = 0;
    gate.core.authorizer.considerAll = () => {
      asked += 1;
      throw new Error('nobody wants to know');
    };
    terminal.hangUp();
    assert.equal(await ended, 1);
    slices.take();
    await Promise.resolve();
    assert.equal(asked, 0);
    assert.equal(terminal.output, '');
    assert.equal(gate.core.shownDomains.menus, 0);
  });

  it('can be ended from outside before it is there', async () => {
    open();
    session.end('An admin ends it.');
    assert.equal(await ended, 1);
    slices.take();
    assert.match(terminal.output, /An admin ends it/);
    assert.doesNotMatch(terminal.output, /d000/);
  });

  it('makes one list at a time, however much changes, and then a newer one', async () => {
    await opened();
    slices.isHeld = false;
    gate.dom0.set(FIRST, 'paused');
    await shows('paused');
    slices.isHeld = true;
    const before = slices.begun;
    session.windowsChanged();
    await eventually('a list to be begun', () => slices.begun === before + 1);
    for (let change = 0; change < 100; change += 1) {
      gate.dom0.set(SECOND, 'running', { memoryMiB: 1_000 + change });
      session.windowsChanged();
    }
    gate.dom0.set(SECOND, 'crashed');
    await eventually('the gate to hear', () => gate.core.hosts.observation(SECOND).state === 'crashed');
    assert.equal(slices.begun, before + 1);
    const mark = terminal.output.length;
    slices.isHeld = false;
    slices.take();
    await shows('crashed', mark);
  });

  it('makes only what looks different anew, and asks policy about nothing else', async () => {
    await opened();
    const asked: string[] = [];
    const considerAll = gate.core.authorizer.considerAll.bind(gate.core.authorizer);
    gate.core.authorizer.considerAll = (identity, domain, ...more) => {
      asked.push(domain);
      return considerAll(identity, domain, ...more);
    };
    const { begun } = slices;
    gate.dom0.set(SECOND, 'paused');
    await shows('paused');
    assert.deepEqual([...new Set(asked)], [SECOND]);
    assert.equal(slices.begun, begun, 'no list is made');
  });

  it('shows what changed while its first list was made', async () => {
    open();
    slices.take(COUNT - 1);
    gate.dom0.set(FIRST, 'crashed');
    await eventually('the gate to hear', () => gate.core.hosts.observation(FIRST).state === 'crashed');
    slices.isHeld = false;
    slices.take();
    await shows('crashed');
  });

  it('makes all of it anew after a list that could not be made', async () => {
    await opened();
    const { answers } = gate.core.menu;
    const of = answers.of.bind(answers);
    answers.of = () => {
      throw new Error('no answers');
    };
    const begun = slices.begun;
    gate.dom0.set(FIRST, 'crashed');
    session.windowsChanged();
    await eventually('a list to be begun', () => slices.begun > begun);
    answers.of = of;
    gate.dom0.set(SECOND, 'paused');
    await shows('paused');
    await shows('crashed');
  });

  it('closes the page of a server whose role is taken', async () => {
    await opened();
    terminal.type('1');
    await shows('Console');
    const mark = terminal.output.length;
    gate.store.roles.remove(carol.customer, FIRST, ADMIN);
    await shows(GONE, mark);
  });

  it('shows how an operation ended before it says so, though the list takes its time', async () => {
    await opened();
    slices.isHeld = true;
    terminal.type('1');
    await shows('Console');
    terminal.type('5');
    await shows(/boot/i);
    terminal.type('y');
    const request = await eventually('the request', () => gate.dom0.requests[0]);
    await eventually('the operation', () => gate.dom0.operations.get(request.id));
    const mark = terminal.output.length;
    gate.dom0.end(request.id, 'done');
    await shows(/is booting again/, mark);
  });

  it('asks policy anew for another policy', async () => {
    await opened();
    terminal.type('1');
    await shows('Console');
    const mark = terminal.output.length;
    const denial = rule('deny', ['status'], { domains: { names: [FIRST], tags: [] } });
    gate.enforce(policyOf([denial, rule('allow', ACTIONS)]));
    await shows(GONE, mark);
  });
});
