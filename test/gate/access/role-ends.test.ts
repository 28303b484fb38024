import assert from 'node:assert/strict';
import { isRefusal } from '../../../policy/refusal.js';
import { RoleEnds } from '../../../server/gate/access/role-ends.js';
import { AuditUnavailableError } from '../../../server/store/store-error.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside } from '../../support/gate-inside.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');

describe('gate: a role that ends is a right that ends', () => {
  let gate: GateInside;
  let now: number;
  let end: number;

  /** The end of alice's role is in an hour. No timer and no listing has noticed it when `now` is set to it. */
  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
    now = Date.now();
    end = now + 3_600_000;
    gate.clock = () => new Date(now);
    gate.store.roles.add(gate.alice.customer, HORATIO, 'owner', ADMIN, new Date(end).toISOString());
  });
  afterEach(() => gate.stop());

  it('until its last millisecond everything is as before', async () => {
    now = end - 1;
    assert.equal(await gate.exec(gate.alice, 'horatio status', new FakeTerminal({ hasPty: false })), 0);
  });

  for (const command of ['status', 'reboot', 'console', 'watch', 'log', 'rescue', 'poweroff --yes'])
    it(`refuses \`${command}\` with the words for a server that is not there`, async () => {
      now = end;
      const terminal = new FakeTerminal({ hasPty: false });
      assert.equal(await gate.exec(gate.alice, `horatio ${command}`, terminal), 4);
      const stranger = new FakeTerminal({ hasPty: false });
      assert.equal(await gate.exec(gate.bob, `horatio ${command}`, stranger), 4);
      const words = (text: string): string => text.replace(/ \(reference [^)]*\)|[a-z]{6}/g, '');
      assert.equal(words(terminal.errors), words(stranger.errors));
      assert.deepEqual(gate.dom0.requests, []);
    });

  it('a log that is followed shows nothing that is said after it', async () => {
    gate.dom0.logSaid = () => ['said before\n'];
    const terminal = new FakeTerminal({ hasPty: false });
    const running = gate.exec(gate.alice, 'horatio log --follow', terminal);
    await eventually('what was said', () => terminal.output.includes('said before'));
    const [follower] = gate.dom0.logFollowers;
    now = end;
    follower?.write('said after\n');
    assert.equal(await running, 1);
    assert.ok(!terminal.output.includes('said after'));
    assert.match(terminal.errors, /horatio is no longer yours to use/);
  });

  it('by itself, an end is recorded, and told to menus like a role that was taken away', async () => {
    const { alice, bob, store } = gate;
    store.roles.add(bob.customer, HORATIO, 'owner', ADMIN);
    // On a busy machine the time may be over before it is stored, and is refused then.
    const soon = (): string => new Date(Date.now() + 50).toISOString();
    while (isRefusal(store.roles.add(alice.customer, HORATIO, 'owner', ADMIN, soon()))) continue;
    const told = new Set<string>();
    const removed = (): readonly object[] =>
      store.audit
        .tail({ customer: alice.customer })
        .flatMap(({ event }) => (event.kind === 'role.removed' ? [event] : []));
    gate.core.news.onNews(({ customers }) => {
      for (const name of customers) if (removed().length > 0) told.add(name);
    });
    await eventually('menus to be told of the end', () => told.has('alice'));
    assert.equal(store.roles.find(alice.customer, HORATIO), undefined);
    assert.deepEqual(removed(), [
      { kind: 'role.removed', actor: null, customer: 'alice', domain: 'horatio', role: 'owner' },
    ]);
    const activity = new FakeTerminal({ hasPty: false });
    await gate.exec(bob, 'activity', activity);
    assert.match(activity.output, /the time of the role of alice on horatio is over/);
  });

  it('a disk that is full gives nobody more time, and is said once', () => {
    const said: string[] = [];
    const log = { ...silentLogger, error: (_: object, sentence: string) => said.push(sentence) };
    let isFull = true;
    const ends = new RoleEnds(
      {
        removeOver: () => {
          if (isFull) throw new AuditUnavailableError('the database cannot be written: full');
          return [];
        },
      },
      log,
    );
    ends.tick();
    ends.tick();
    assert.equal(said.length, 1);
    isFull = false;
    ends.tick();
    isFull = true;
    ends.tick();
    assert.equal(said.length, 2);
  });
});
