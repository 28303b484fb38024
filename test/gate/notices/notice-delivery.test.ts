import assert from 'node:assert/strict';
import { NOTICE_KINDS } from '../../../policy/notice-kinds.js';
import type { NoticeKind } from '../../../policy/notice-kinds.js';
import { NoticeDelivery } from '../../../server/gate/notices/notice-delivery.js';
import type { AuditEvent } from '../../../server/store/audit-event.js';
import { AuditUnavailableError } from '../../../server/store/store-error.js';
import { Receiver } from '../../support/notice-receiver.js';
import { silentLogger } from '../../support/silent-logger.js';
import {
  ADMIN,
  customerActor,
  customerName,
  domainName,
  fingerprint,
  TemporaryStore,
} from '../../support/temporary-store.js';

const ALICE = customerName('alice');
const BOB = customerName('bob');
const HORATIO = domainName('horatio');
const HOUR = 3_600_000;

describe('gate: notices from the audit log to their receivers', () => {
  let now = Date.parse('2026-11-30T11:00:00Z');
  const clock = (): Date => new Date(now);
  let temporary: TemporaryStore;
  let ops: Receiver;
  let running: NoticeDelivery[];

  beforeEach(() => {
    now = Date.parse('2026-11-30T11:00:00Z');
    temporary = new TemporaryStore({ clock });
    ops = new Receiver('ops');
    running = [];
    for (const name of [ALICE, BOB]) temporary.store.customers.add(name, ADMIN);
    temporary.store.roles.add(ALICE, HORATIO, 'owner', ADMIN);
  });
  afterEach(async () => {
    await Promise.all(running.map((each) => each.close()));
    temporary.remove();
  });

  /** A gate that starts on the same store. */
  async function begin(
    channels: readonly Receiver[] = [ops],
    kinds: readonly NoticeKind[] = NOTICE_KINDS,
  ): Promise<NoticeDelivery> {
    const { store } = temporary;
    const delivery = new NoticeDelivery({
      notices: store.notices,
      roles: store.roles,
      channels: channels.map((channel) => ({ channel, kinds })),
      customers: null,
      clock,
      log: silentLogger,
      random: () => 1,
      lookForExpiry: () => Promise.resolve(),
    });
    running.push(delivery);
    await delivery.tick();
    return delivery;
  }
  const keyAdded = (letter: string): AuditEvent => ({
    kind: 'key.added',
    actor: ADMIN,
    customer: ALICE,
    fingerprint: fingerprint(letter),
    type: 'ssh-ed25519',
  });
  const append = (event: AuditEvent): void => {
    temporary.store.audit.append(event);
  };

  it('sends what is recorded after the first start, and nothing from before', async () => {
    append(keyAdded('A'));
    const delivery = await begin();
    assert.equal(ops.got.length, 0);
    append(keyAdded('B'));
    await delivery.tick();
    const [message] = ops.got;
    assert.equal(message?.notices.length, 1);
    const [notice] = message.notices;
    assert.deepEqual(
      { ...notice, id: '' },
      {
        id: '',
        seq: temporary.store.audit.head().seq,
        at: '2026-11-30T11:00:00.000Z',
        kind: 'new-key',
        times: 1,
        text: `The administrator test-admin added the SSH key ${fingerprint('B')} (ssh-ed25519) to the account alice.`,
        customer: 'alice',
        domain: null,
      },
    );
    await delivery.tick();
    assert.equal(ops.got.length, 1);
  });

  it('sends what was recorded while no gate ran', async () => {
    await (await begin()).close();
    append(keyAdded('A'));
    await begin();
    assert.equal(ops.got.length, 1);
  });

  it('sends it again, with the same ids, when the gate was killed before it could note that it was sent', async () => {
    const first = await begin();
    append(keyAdded('A'));
    // The receiver has it, and the gate never hears of it.
    let leave = (): void => undefined;
    const received = new Promise<void>((resolve) => {
      ops.answer = () => {
        resolve();
        return new Promise((answer) => {
          leave = () => {
            answer('the gate was stopped');
          };
        });
      };
    });
    const hanging = first.tick();
    await received;
    const second = new Receiver('ops');
    await begin([second]);
    assert.deepEqual(second.got, ops.got);
    assert.equal(second.got.length, 1);
    const closing = first.close();
    leave();
    await Promise.all([closing, hanging]);
  });

  it('waits twice as long after each failure, up to an hour, and gives up after three days', async () => {
    const delivery = await begin();
    append(keyAdded('A'));
    ops.answer = () => 'it is out of order';
    await delivery.tick();
    const waits: number[] = [];
    for (let count = 0; count < 12; count += 1) {
      const before = ops.got.length;
      const [message] = delivery.status(1).messages;
      assert.equal(message?.trouble, 'it is out of order');
      const due = Date.parse(message.dueAt);
      waits.push((due - now) / 1000);
      now = due - 1;
      await delivery.tick();
      assert.equal(ops.got.length, before, 'not before it is due');
      now = due;
      await delivery.tick();
      assert.equal(ops.got.length, before + 1);
    }
    assert.deepEqual(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
    const since = now;
    while (delivery.status(1).messages[0]?.state === 'waiting') {
      now += HOUR;
      await delivery.tick();
    }
    assert.equal(ops.got.length, 80);
    assert.ok(now - since > 2.5 * 24 * HOUR);
    assert.deepEqual(
      delivery.counts().map(({ waiting, failed }) => [waiting, failed]),
      [[0, 1]],
    );
    assert.equal(new Set(ops.got.map(({ id }) => id)).size, 1);
  });

  it('sends everything at once when the channel works again', async () => {
    const delivery = await begin();
    append(keyAdded('A'));
    ops.answer = () => 'no';
    await delivery.tick();
    for (let count = 0; count < 5; count += 1) {
      now += HOUR;
      await delivery.tick();
    }
    const tried = ops.got.length;
    ops.answer = () => null;
    assert.equal(await delivery.test('ops'), null);
    await delivery.tick();
    assert.equal(ops.got.length, tried + 2);
    assert.equal(delivery.counts()[0]?.waiting, 0);
  });

  it('does not wait for years when the clock was set back', async () => {
    const delivery = await begin();
    append(keyAdded('A'));
    ops.answer = () => 'no';
    await delivery.tick();
    now -= 1000 * 24 * HOUR;
    ops.answer = () => null;
    await delivery.tick();
    assert.equal(ops.got.length, 2);
  });

  it('a clock that leaps forward gives up nothing', async () => {
    const delivery = await begin();
    append(keyAdded('A'));
    ops.answer = () => 'no';
    await delivery.tick();
    now += 10_000 * 24 * HOUR;
    ops.answer = () => null;
    await delivery.tick();
    assert.equal(delivery.status(1).messages[0]?.state, 'sent');
  });

  it('a receiver that never answers holds up no other channel', async () => {
    const hung = new Receiver('hung');
    const delivery = await begin([hung, ops]);
    append(keyAdded('A'));
    let answer = (): void => undefined;
    hung.answer = () =>
      new Promise((resolve) => {
        answer = () => {
          resolve(null);
        };
      });
    const first = delivery.tick();
    while (ops.got.length === 0 || hung.got.length === 0) await new Promise(setImmediate);
    append(keyAdded('B'));
    const second = delivery.tick();
    while (ops.got.length < 2) await new Promise(setImmediate);
    assert.equal(hung.got.length, 1);
    hung.answer = () => null;
    answer();
    await Promise.all([first, second]);
    assert.equal(hung.texts.length, 2);
  });

  it('sends ten thousand notices in messages of a hundred, none lost, none twice', async () => {
    const delivery = await begin();
    temporary.store.audit.transact((add) => {
      for (let count = 0; count < 10_000; count += 1)
        add({
          kind: 'role.added',
          actor: ADMIN,
          customer: BOB,
          domain: domainName(`d${count}`),
          role: 'owner',
        });
    });
    await delivery.tick();
    assert.equal(ops.got.length, 100);
    assert.equal(new Set(ops.got.map(({ id }) => id)).size, 100);
    assert.equal(new Set(ops.texts).size, 10_000);
    assert.equal(delivery.counts()[0]?.waiting, 0);
  });

  it('mails a digest of ten thousand: the first hundred, and how many more', async () => {
    const mail = new Receiver('mail', 10_000, 10);
    const delivery = await begin([mail]);
    temporary.store.audit.transact((add) => {
      for (let count = 0; count < 10_000; count += 1)
        add({
          kind: 'role.added',
          actor: ADMIN,
          customer: BOB,
          domain: domainName(`d${count}`),
          role: 'owner',
        });
    });
    await delivery.tick();
    assert.deepEqual(
      mail.got.map(({ notices, more }) => [notices.length, more]),
      [[100, 9_900]],
    );
  });

  it('counts what is beyond ten thousand that wait, instead of keeping it', async () => {
    const delivery = await begin();
    ops.answer = () => 'no';
    append(keyAdded('A'));
    await delivery.tick();
    temporary.store.audit.transact((add) => {
      for (let count = 0; count < 10_250; count += 1)
        add({
          kind: 'role.added',
          actor: ADMIN,
          customer: BOB,
          domain: domainName(`d${count}`),
          role: 'owner',
        });
    });
    await delivery.tick();
    assert.equal(delivery.counts()[0]?.waiting, 10_002);
    ops.answer = () => null;
    now += HOUR;
    await delivery.tick();
    const more = ops.got.flatMap(({ notices }) => notices.filter(({ kind }) => kind === 'more'));
    assert.deepEqual(
      more.map(({ times, text }) => [times, text]),
      [[250, 'More has happened than is listed.']],
    );
  });

  it('tells the same thing once with a count while it waits', async () => {
    const delivery = await begin();
    ops.answer = () => 'no';
    append(keyAdded('A'));
    await delivery.tick();
    for (let count = 0; count < 7; count += 1) append(keyAdded('B'));
    append(keyAdded('C'));
    await delivery.tick();
    ops.answer = () => null;
    now += HOUR;
    await delivery.tick();
    assert.deepEqual(
      ops.got.at(-1)?.notices.map(({ times }) => times),
      [7, 1],
    );
  });

  it('sends no more mails in an hour than the limit, and the rest in the next one', async () => {
    const mail = new Receiver('mail', 10_000, 3);
    const delivery = await begin([mail]);
    for (const letter of 'ABCDEF') {
      append(keyAdded(letter));
      await delivery.tick();
      now += 60_000;
    }
    assert.equal(mail.got.length, 3);
    now += HOUR;
    await delivery.tick();
    assert.equal(mail.got.length, 4);
    assert.equal(mail.got.at(-1)?.notices.length, 3);
  });

  it('sends only the kinds that the channel is for', async () => {
    const delivery = await begin([ops], ['reinstall']);
    append(keyAdded('A'));
    const actor = customerActor(ALICE, fingerprint('A'));
    const asked = { actor, domain: HORATIO, operation: 'o', rule: 'r', revision: 1 } as const;
    append({ kind: 'domain.reinstall.requested', ...asked, profile: null });
    await delivery.tick();
    assert.deepEqual(ops.texts, ['alice asked for a reinstallation of horatio: it erases the first disk.']);
  });

  it('tells of a power-off only where somebody else has a role', async () => {
    const delivery = await begin();
    const actor = customerActor(ALICE, fingerprint('A'));
    const asked = { actor, domain: HORATIO, profile: null, rule: 'r', revision: 1 } as const;
    append({ kind: 'domain.poweroff.requested', ...asked, operation: 'one' });
    await delivery.tick();
    assert.deepEqual(ops.texts, []);
    temporary.store.roles.add(BOB, HORATIO, 'operator', ADMIN);
    for (const verb of ['poweroff', 'shutdown', 'reboot'] as const)
      append({ kind: `domain.${verb}.requested`, ...asked, operation: verb });
    await delivery.tick();
    assert.deepEqual(ops.texts, [
      'The administrator test-admin made bob operator of horatio.',
      'alice asked for a power-off of horatio.',
      'alice asked for a shutdown of horatio.',
      'alice asked for a reboot of horatio.',
    ]);
  });

  it('drops what waits for a channel that is no longer in the settings, and forgets all without any', async () => {
    const first = await begin();
    ops.answer = () => 'no';
    append(keyAdded('A'));
    await first.tick();
    await first.close();
    const other = new Receiver('other');
    await (await begin([other])).close();
    ops.answer = () => null;
    ops.got.length = 0;
    const again = await begin();
    now += HOUR;
    await again.tick();
    assert.deepEqual([ops.got, other.got], [[], []]);
    await again.close();
    const none = await begin([]);
    none.start();
    append(keyAdded('B'));
    await begin();
    assert.deepEqual(ops.got, []);
  });

  it('goes on when rows were cut off the log, and new ones have their numbers', async () => {
    const delivery = await begin();
    const { notices } = temporary.store;
    const body = { text: 'horatio has crashed.', customer: null, domain: HORATIO };
    const again = (): void => {
      const notice = {
        channel: 'ops',
        customer: null,
        address: '',
        kind: 'crash',
        subject: 'crash',
        body,
      } as const;
      notices.add(notice, { seq: 7, at: clock().toISOString() });
    };
    for (const count of [1, 2]) {
      again();
      await delivery.tick();
      assert.equal(ops.got.length, count);
    }
  });

  it('a fault of a channel is logged, and the message is tried again', async () => {
    const delivery = await begin();
    append(keyAdded('A'));
    ops.answer = () => {
      throw new Error('broken');
    };
    await delivery.tick();
    ops.answer = () => null;
    now += HOUR;
    await delivery.tick();
    assert.equal(ops.got.length, 2);
  });

  it('on a full disk what was sent is not sent twice, and nothing is lost', async () => {
    const { roles } = temporary.store;
    const { messages } = temporary.store.notices;
    const delivery = await begin();
    append(keyAdded('A'));
    const sent = messages.sent.bind(messages);
    const full = (): never => {
      throw new AuditUnavailableError('the database cannot be written: database or disk is full');
    };
    messages.sent = full;
    await delivery.tick();
    await delivery.tick();
    assert.equal(ops.got.length, 1);
    messages.sent = sent;
    append(keyAdded('B'));
    await delivery.tick();
    assert.equal(ops.got.length, 2);
    assert.equal(delivery.counts()[0]?.waiting, 0);
    assert.ok(roles.on(HORATIO).length > 0);
  });

  describe('logins from a new network', () => {
    const login = (source: string, letter = 'A'): void => {
      append({
        kind: 'login.accepted',
        actor: { ...customerActor(ALICE, fingerprint(letter)), source },
        login: 'alice',
      });
    };

    it('are told from the second network on; other addresses of a known one are not', async () => {
      const delivery = await begin();
      for (const source of [
        '203.0.113.7',
        '203.0.113.99',
        '198.51.100.1',
        '2001:db8:1:2::1',
        '2001:db8:1:3::9',
      ])
        login(source);
      await delivery.tick();
      const key = `a network that was not seen before, with the key ${fingerprint('A')}.`;
      assert.deepEqual(ops.texts, [
        `alice logged in from 198.51.100.1, ${key}`,
        `alice logged in from 2001:db8:1:2::1, ${key}`,
      ]);
    });

    it('know the networks from before there were notices', async () => {
      login('203.0.113.7');
      login('198.51.100.1');
      const delivery = await begin();
      login('203.0.113.8');
      login('192.0.2.1');
      await delivery.tick();
      assert.equal(ops.texts.length, 1);
      assert.match(ops.texts[0] ?? '', /from 192\.0\.2\.1,/);
    });

    it('of a new customer of an old name are not those of the one before', async () => {
      login('203.0.113.7');
      temporary.store.customers.remove(ALICE, ADMIN);
      temporary.store.customers.add(ALICE, ADMIN);
      const delivery = await begin();
      login('198.51.100.1');
      login('203.0.113.7');
      await delivery.tick();
      assert.equal(ops.texts.length, 1);
      assert.match(ops.texts[0] ?? '', /from 203\.0\.113\.7,/);
    });

    it('remember two hundred networks, the last ones', async () => {
      const delivery = await begin();
      for (let count = 0; count < 230; count += 1) {
        now += 1000;
        login(`10.0.${count}.1`);
      }
      await delivery.tick();
      ops.got.length = 0;
      login('10.0.229.2');
      login('10.0.0.2');
      await delivery.tick();
      assert.equal(ops.texts.length, 1);
      assert.match(ops.texts[0] ?? '', /from 10\.0\.0\.2,/);
    });

    it('tell once of a certificate that lasts long and ends within a week', async () => {
      const delivery = await begin();
      const certificate = {
        authority: fingerprint('C'),
        authorityName: 'staff' as never,
        keyId: 'secret@id',
        serial: '7',
      };
      const by = (validUntil: string | null): void => {
        append({
          kind: 'login.accepted',
          actor: customerActor(ALICE, fingerprint('A')),
          login: 'alice',
          certificate: { ...certificate, ...(validUntil === null ? {} : { validUntil }) },
        });
      };
      by(null);
      by('2026-12-30T00:00:00.000Z');
      by('2026-12-02T10:30:00.000Z');
      by('2026-12-02T10:30:00.000Z');
      await delivery.tick();
      await delivery.tick();
      assert.deepEqual(ops.texts, [
        'The certificate 7 of staff, by which alice logged in, ends at 2026-12-02 10:30 UTC.',
      ]);
    });
  });

  it('refuses a test of a channel that there is not, and names those that there are', async () => {
    const delivery = await begin();
    assert.equal((await delivery.test('pager'))?.message, 'there is no channel pager: gate.yaml has ops');
    ops.answer = () => 'it answered with status 500';
    assert.equal(
      (await delivery.test('ops'))?.message,
      'the channel ops does not work: it answered with status 500',
    );
  });
});
