import assert from 'node:assert/strict';
import { parseMailAddress } from '../../policy/mail-address.js';
import type { MailAddress } from '../../policy/mail-address.js';
import { isRefusal } from '../../policy/refusal.js';
import { ADMIN, customerName, TemporaryStore } from '../support/temporary-store.js';

const [ALICE, BOB] = ['alice', 'bob'].map(customerName) as [
  ReturnType<typeof customerName>,
  ReturnType<typeof customerName>,
];
const MINUTE = 60_000;
const DAY = 86_400_000;
const SITE = 'console.example.net';

function address(text: string): MailAddress {
  return parseMailAddress(text) ?? assert.fail(text);
}

describe('store: where customers are told', () => {
  let now = 0;
  let temporary: TemporaryStore;
  beforeEach(() => {
    now = Date.parse('2026-11-30T11:00:00Z');
    temporary = new TemporaryStore({ clock: () => new Date(now) });
    for (const name of [ALICE, BOB]) temporary.store.customers.add(name, ADMIN);
  });
  afterEach(() => {
    temporary.remove();
  });

  const of = () => temporary.store.noticeAddresses;
  const ask = (to: string, who = ALICE) => of().ask(who, address(to), SITE, ADMIN);
  const code = (answer: unknown): string => (isRefusal(answer) ? answer.code : 'done');

  /** What waits for receivers in a channel, and takes it away as sent. */
  function take(channel: string): { address: string; text: string }[] {
    const { messages } = temporary.store.notices;
    for (const to of messages.receivers(channel)) messages.make(channel, to, 100);
    return messages.waiting(channel).flatMap(({ id }) => {
      const message = messages.message(channel, id);
      messages.sent(channel, id);
      return (message?.notices ?? []).map(({ text }) => ({ address: message?.address ?? '', text }));
    });
  }
  /** @returns the code that was mailed to the address */
  function mailed(to: string): string {
    const [mail = assert.fail('no code was sent'), ...more] = take('codes');
    assert.deepEqual([mail.address, more], [to, []]);
    return /The code is (\S+)\. /.exec(mail.text)?.[1] ?? assert.fail(mail.text);
  }
  function set(to: string, who = ALICE): void {
    assert.equal(code(ask(to, who)), 'done');
    assert.equal(code(of().confirm(who, mailed(to), ADMIN)), 'done');
  }

  it('sends a code to a new address, and nothing else before it has come back', () => {
    ask('anna@example.net');
    assert.deepEqual(of().find(ALICE), {
      address: null,
      on: false,
      asked: { address: 'anna@example.net', until: '2026-11-30T11:30:00.000Z' },
    });
    assert.deepEqual(take('customers'), []);
    const given = mailed('anna@example.net');
    assert.match(given, /^[a-z]{6}-[a-z]{6}$/);
    assert.equal(code(of().confirm(ALICE, ` ${given.toUpperCase().replace('-', ' ')} `, ADMIN)), 'done');
    assert.deepEqual(of().find(ALICE), { address: 'anna@example.net', on: true, asked: null });
    assert.equal(code(of().confirm(ALICE, given, ADMIN)), 'wrong-state');
  });

  it('keeps no code that was sent, and no whole address in the audit log', () => {
    ask('anna@example.net');
    const given = mailed('anna@example.net');
    of().confirm(ALICE, given, ADMIN);
    const { audit } = temporary.store;
    const log = JSON.stringify(audit.tail({ limit: 1_000 }));
    assert.match(log, /notice\.address\.set/);
    assert.doesNotMatch(log, /anna@/);
    assert.ok(!log.includes(given));
    assert.match(log, /a…@example\.net/);
    assert.deepEqual(take('codes'), []);
  });

  it('takes no other code, none of another customer, and after five tries not even the right one', () => {
    ask('anna@example.net');
    const right = mailed('anna@example.net');
    ask('bob@example.net', BOB);
    const bobs = mailed('bob@example.net');
    for (const wrong of ['', 'bbbbbb-bbbbbb', bobs, `${right}x`])
      assert.equal(code(of().confirm(ALICE, wrong, ADMIN)), 'usage');
    assert.equal(code(of().confirm(ALICE, bobs, ADMIN)), 'limit-reached');
    assert.equal(code(of().confirm(ALICE, right, ADMIN)), 'wrong-state');
    assert.equal(of().find(ALICE).address, null);
    assert.equal(code(of().confirm(BOB, bobs, ADMIN)), 'done');
  });

  it('takes a code for half an hour', () => {
    ask('anna@example.net');
    const given = mailed('anna@example.net');
    now += 30 * MINUTE;
    assert.equal(code(of().confirm(ALICE, given, ADMIN)), 'wrong-state');
    assert.equal(of().find(ALICE).asked, null);
  });

  it('takes only the last code', () => {
    ask('anna@example.net');
    const first = mailed('anna@example.net');
    ask('anna@example.net');
    const second = mailed('anna@example.net');
    assert.equal(code(of().confirm(ALICE, first, ADMIN)), 'usage');
    assert.equal(code(of().confirm(ALICE, second, ADMIN)), 'done');
  });

  it('sends a customer five codes a day', () => {
    for (let count = 0; count < 5; count += 1) assert.equal(code(ask(`a${count}@example.net`)), 'done');
    assert.equal(code(ask('other@example.net')), 'limit-reached');
    assert.equal(code(ask('other@example.net', BOB)), 'done');
    now += DAY + 1;
    assert.equal(code(ask('other@example.net')), 'done');
  });

  it('sends a mailbox three codes a day, whoever asks and however it is spelt', () => {
    assert.equal(code(ask('victim@example.net')), 'done');
    assert.equal(code(ask('victim+1@example.net')), 'done');
    assert.equal(code(ask('v.ictim@example.net', BOB)), 'done');
    assert.equal(code(ask('Victim+x@EXAMPLE.net', BOB)), 'limit-reached');
    assert.equal(code(ask('victim@example.org', BOB)), 'done');
    // A customer who is removed takes no count along.
    temporary.store.customers.remove(ALICE, ADMIN);
    assert.equal(code(ask('victim@example.net', BOB)), 'limit-reached');
  });

  it('shuts nobody out for longer when the clock was set back', () => {
    for (let count = 0; count < 5; count += 1) ask(`a${count}@example.net`);
    now -= 1000 * DAY;
    assert.equal(code(ask('a@example.net')), 'done');
  });

  it('tells the old address of the new one, and nothing that waited for it', () => {
    set('anna@example.net');
    assert.equal(of().test(ALICE, SITE), null);
    ask('eve@example.org');
    const given = mailed('eve@example.org');
    assert.equal(of().find(ALICE).address, 'anna@example.net', 'until the code has come back');
    of().confirm(ALICE, given, ADMIN);
    assert.deepEqual(take('customers'), [
      {
        address: 'anna@example.net',
        text: 'Notices of the account alice go to e…@example.org now. If it was not you, ask us.',
      },
    ]);
  });

  it('tells the address that notices are off, also when they go on and off quickly', () => {
    set('anna@example.net');
    of().test(ALICE, SITE);
    for (const on of [false, true, false]) assert.equal(code(of().switch(ALICE, on, ADMIN)), 'done');
    assert.deepEqual(of().find(ALICE), { address: 'anna@example.net', on: false, asked: null });
    assert.equal(of().test(ALICE, SITE)?.code, 'wrong-state');
    assert.deepEqual(take('customers'), [
      {
        address: 'anna@example.net',
        text: 'Notices of the account alice are off now. If it was not you, ask us.',
      },
    ]);
    of().switch(ALICE, true, ADMIN);
    assert.deepEqual(take('customers'), []);
  });

  it('forgets an address, tells it so, and drops a code that waits', () => {
    set('anna@example.net');
    ask('eve@example.org');
    assert.equal(code(of().forget(ALICE, ADMIN)), 'done');
    assert.deepEqual(of().find(ALICE), { address: null, on: false, asked: null });
    assert.deepEqual(take('codes'), []);
    assert.deepEqual(
      take('customers').map((each) => each.address),
      ['anna@example.net'],
    );
    for (const answer of [of().forget(ALICE, ADMIN), of().switch(ALICE, true, ADMIN), of().test(ALICE, SITE)])
      assert.equal(code(answer), 'wrong-state');
  });

  it('stays with a customer who is renamed, and goes with one who is removed', () => {
    set('anna@example.net');
    const to = customerName('anna');
    temporary.store.customers.rename(ALICE, to, ADMIN);
    assert.equal(of().find(to).address, 'anna@example.net');
    of().test(to, SITE);
    temporary.store.customers.remove(to, ADMIN);
    temporary.store.customers.add(to, ADMIN);
    assert.equal(of().find(to).address, null);
    assert.deepEqual(take('customers'), []);
  });

  it('a mail that arrives at once lets those to a dead address wait on; one that arrives at last does not', () => {
    const { messages } = temporary.store.notices;
    set('anna@example.net');
    set('bob@example.org', BOB);
    const test = (who: typeof ALICE): string => {
      assert.equal(of().test(who, SITE), null);
      const known = new Set(messages.waiting('customers').map(({ id }) => id));
      for (const to of messages.receivers('customers')) messages.make('customers', to, 100);
      return messages.waiting('customers').find(({ id }) => !known.has(id))?.id ?? assert.fail();
    };
    const later = new Date(now + 60 * MINUTE);
    const dead = test(BOB);
    messages.notSent(dead, 'no', later);
    const due = (): unknown => messages.waiting('customers').find(({ id }) => id === dead)?.dueAt;
    messages.sent('customers', test(ALICE));
    assert.equal(due(), later.toISOString());
    const atLast = test(ALICE);
    messages.notSent(atLast, 'no', later);
    messages.sent('customers', atLast);
    assert.equal(due(), new Date(now).toISOString());
  });

  it('refuses a customer that there is not', () => {
    assert.equal(code(ask('a@example.net', customerName('nobody'))), 'no-such-customer');
    assert.equal(code(of().forget(customerName('nobody'), ADMIN)), 'no-such-customer');
  });
});
