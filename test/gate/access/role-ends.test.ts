import assert from 'node:assert/strict';
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

  it('by itself, an end takes the server out of an open menu, and is recorded', async () => {
    const { alice, bob, store } = gate;
    store.roles.add(bob.customer, HORATIO, 'owner', ADMIN);
    const terminal = new FakeTerminal({ hasPty: false });
    const ended = gate.menu(alice, terminal).run({ plain: true });
    await eventually('the menu', () => terminal.output.includes('horatio'));
    store.roles.add(alice.customer, HORATIO, 'owner', ADMIN, new Date(Date.now() + 50).toISOString());
    await eventually('the end', () => store.roles.find(alice.customer, HORATIO) === undefined);
    const [row] = store.audit.tail({ customer: alice.customer }).slice(-1);
    assert.deepEqual(row?.event, {
      kind: 'role.removed',
      actor: null,
      customer: 'alice',
      domain: 'horatio',
      role: 'owner',
    });
    const activity = new FakeTerminal({ hasPty: false });
    await gate.exec(bob, 'activity', activity);
    assert.match(activity.output, /the time of the role of alice on horatio is over/);
    terminal.type('q\n');
    await ended;
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
