import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Activity } from '../../../server/gate/customer/activity.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { newRecordingId, recordingFile } from '../../../server/gate/recording/recording-name.js';
import { eventually } from '../../support/eventually.js';
import { GateInside } from '../../support/gate-inside.js';
import {
  ADMIN,
  customerActor,
  customerName,
  domainName,
  fingerprint,
  TemporaryStore,
} from '../../support/temporary-store.js';

/** Data found by a customer's name must not pass to a later holder of that name. */
describe('a name that somebody else had before', () => {
  let gate: GateInside;
  beforeEach(() => {
    gate = new GateInside();
  });
  afterEach(() => gate.stop());

  /** Renames bob to alice, after alice was removed. */
  function bobAsAlice(): Identity {
    gate.store.customers.remove(gate.alice.customer, ADMIN);
    gate.store.customers.rename(gate.bob.customer, customerName('alice'), ADMIN);
    return { ...gate.bob, customer: customerName('alice') };
  }

  it('shows nothing of their activity', () => {
    const { alice } = gate;
    gate.store.audit.append({ kind: 'login.accepted', actor: { ...alice }, login: 'alice' });
    const before = gate.core.activity.of(alice).map(({ text }) => text);
    assert.ok(before.some((text) => text.includes('you logged in from')));
    const now = bobAsAlice();
    const after = gate.core.activity.of(now).map(({ text }) => text);
    assert.ok(!after.some((text) => text.includes('you logged in')), after.join('\n'));
    assert.ok(!after.some((text) => text.includes(alice.fingerprint)));
  });

  for (const [clock, stepMs] of [
    ['stands still', 0],
    ['goes back', -1000],
  ] as const) {
    it(`shows nothing of their activity while the clock ${clock}`, () => {
      let now = Date.parse('2026-11-29T12:00:00.000Z');
      const temporary = new TemporaryStore({ clock: () => new Date((now += stepMs)) });
      try {
        const { customers, roles, audit } = temporary.store;
        const activity = new Activity(audit, roles, customers);
        const [alice, bob, horatio] = [customerName('alice'), customerName('bob'), domainName('horatio')];
        const actor = customerActor(alice, fingerprint('a'));
        customers.add(alice, ADMIN);
        customers.add(bob, ADMIN);
        roles.add(alice, horatio, 'owner', ADMIN);
        audit.append({ kind: 'login.accepted', actor, login: 'alice' });
        assert.deepEqual(
          activity.of({ customer: alice }).map(({ text }) => text),
          [
            'an administrator made you owner of horatio',
            `you logged in from 192.0.2.7 with ${actor.fingerprint}`,
          ],
        );
        customers.remove(alice, ADMIN);
        customers.rename(bob, alice, ADMIN);
        roles.add(alice, horatio, 'owner', ADMIN);
        assert.deepEqual(
          activity.of({ customer: alice }).map(({ text }) => text),
          ['an administrator made you owner of horatio'],
        );
      } finally {
        temporary.remove();
      }
    });
  }

  it('shows nothing of their recordings, also of a server that both could see', async () => {
    const { customer } = gate.alice;
    const domain = domainName('yorick');
    gate.role(customer, domain, 'watcher');
    const { directory } = gate.recordingSettings;
    mkdirSync(directory, { recursive: true });
    const given = gate.store.roles.find(customer, domain)?.since ?? '';
    await eventually('the next millisecond', () => new Date().toISOString() > given, { everyMs: 1 });
    const begunAt = new Date().toISOString();
    const name = recordingFile({ id: newRecordingId(), begunAt, customer, domain, record: 'output' });
    writeFileSync(join(directory, name), '{"version":2}\n');
    assert.equal((await gate.core.ownRecordings.list(gate.alice)).length, 1);
    assert.deepEqual(await gate.core.ownRecordings.list(bobAsAlice()), []);
  });
});
