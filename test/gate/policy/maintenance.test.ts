import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import type { Action } from '../../../policy/actions.js';
import { isRefusal } from '../../../policy/refusal.js';
import { MaintenanceWatch } from '../../../server/gate/policy/maintenance-watch.js';
import { AuditUnavailableError } from '../../../server/store/store-error.js';
import { Store } from '../../../server/store/store.js';
import { eventually } from '../../support/eventually.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, domainName, TemporaryStore } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const ON = { sentence: 'New disks.', consolesClosed: false, until: null };

describe('maintenance', () => {
  describe('in authorize', () => {
    let gate: GateInside;
    beforeEach(() => {
      gate = new GateInside();
    });
    afterEach(() => gate.stop());

    /** The actions that alice is refused on her own domain. */
    function closed(): Action[] {
      return ACTIONS.filter((action) => {
        const answer = gate.core.authorizer.authorize(gate.alice, {
          action,
          domain: 'horatio',
          profile: null,
        });
        if (!isRefusal(answer)) return false;
        assert.equal(answer.code, 'maintenance');
        assert.match(answer.message, /^Maintenance( \(until [^)]*\))?: New disks\.$/);
        return true;
      });
    }

    const CHANGES = ['start', 'shutdown', 'poweroff', 'reboot', 'rescue', 'normal', 'reinstall'];

    it('refuses what changes anything, and lets look and read', () => {
      assert.deepEqual(closed(), []);
      gate.store.maintenance.begin(ON, ADMIN);
      assert.deepEqual(closed(), ['sysrq', 'log-switch', ...CHANGES]);
      gate.store.maintenance.end(ADMIN);
      assert.deepEqual(closed(), []);
    });

    it('refuses consoles and their keyboard when they are closed, but not watching', () => {
      gate.store.maintenance.begin({ ...ON, consolesClosed: true }, ADMIN);
      assert.deepEqual(closed(), ['console', 'takeover', 'sysrq', 'log-switch', ...CHANGES]);
    });

    it('is over when its time is, though nobody ended it', () => {
      gate.store.maintenance.begin({ ...ON, until: '2999-01-01T00:00:00.000Z' }, ADMIN);
      assert.equal(closed().length, CHANGES.length + 2);
      gate.store.maintenance.begin({ ...ON, until: '2020-01-01T00:00:00.000Z' }, ADMIN);
      assert.deepEqual(closed(), []);
    });

    it('tells nothing of a domain that is not theirs, nor hides why policy says no', () => {
      gate.store.maintenance.begin(ON, ADMIN);
      const ask = (domain: string): unknown =>
        gate.core.authorizer.authorize(gate.alice, { action: 'reboot', domain, profile: null });
      const unknown = ask('hamlet');
      assert.ok(isRefusal(unknown));
      assert.equal(unknown.code, 'no-such-domain');
      const others = ask('yorick');
      assert.ok(isRefusal(others));
      assert.deepEqual([others.code, others.message], [unknown.code, unknown.message]);
      gate.enforce(policyOf([rule('deny', ['reboot'], { reason: 'Never.' }), rule('allow', ACTIONS)]));
      const denied = ask('horatio');
      assert.ok(isRefusal(denied));
      assert.equal(denied.message, 'Never.');
    });

    it('denials are recorded with their reason and are counted by no limit', () => {
      gate.store.maintenance.begin(ON, ADMIN);
      gate.core.authorizer.authorize(gate.alice, { action: 'reboot', domain: 'horatio', profile: null });
      const [denied] = gate.events('domain.denied');
      assert.equal(denied?.code, 'maintenance');
      assert.deepEqual(gate.events('domain.reboot.requested'), []);
    });

    it('ends at once who is at a console that it closes, and not who watches', () => {
      const ended: string[] = [];
      for (const action of ['console', 'watch'] as const)
        gate.core.revocation.track({
          identity: gate.alice,
          needs: () => ({ action, domain: HORATIO }),
          end: (sentence) => ended.push(`${action}: ${sentence}`),
        });
      gate.store.maintenance.begin(ON, ADMIN);
      return eventually('the second to be heard', () => {
        if (gate.events('maintenance.began').length < 2)
          gate.store.maintenance.begin({ ...ON, consolesClosed: true }, ADMIN);
        return ended.length > 0;
      }).then(() => {
        assert.deepEqual(ended, ['console: Maintenance: New disks.']);
      });
    });
  });

  it('outlives a restart', () => {
    const temporary = new TemporaryStore();
    try {
      temporary.store.maintenance.begin(ON, ADMIN);
      temporary.store.close();
      const again = Store.open(temporary.file);
      assert.deepEqual({ ...again.maintenance.get(), since: '' }, { ...ON, since: '' });
      again.close();
    } finally {
      temporary.remove();
    }
  });

  it('ends by itself at its time, which is recorded once and told', async () => {
    const temporary = new TemporaryStore();
    const { store } = temporary;
    const watch = new MaintenanceWatch(store.maintenance, silentLogger);
    const told: (string | null)[] = [];
    watch.onChange((row) => told.push(row === null ? null : row.sentence));
    store.audit.onAppend((row) => {
      watch.heard(row);
    });
    try {
      watch.start();
      let soon = '';
      // On a busy machine its time may be over before it is told: then that there is none, and no more.
      while (told[0] !== 'New disks.') {
        told.length = 0;
        soon = new Date(Date.now() + 50).toISOString();
        store.maintenance.begin({ ...ON, until: soon }, ADMIN);
        await eventually('its end', () => told.includes(null));
      }
      assert.deepEqual(told, ['New disks.', null]);
      const last = store.audit.tail().at(-1);
      assert.deepEqual(last?.event, { kind: 'maintenance.ended', actor: null });
      assert.ok(last.at >= soon);
      // A new gate finds nothing of it.
      const head = store.audit.head().seq;
      watch.start();
      assert.equal(store.audit.head().seq, head);
    } finally {
      watch.close();
      temporary.remove();
    }
  });

  it('is told to be over although that cannot be recorded', async () => {
    const over = { current: ON as typeof ON | null };
    const watch = new MaintenanceWatch(
      {
        get: () =>
          over.current === null ? null : { ...ON, since: '', until: new Date(Date.now() + 20).toISOString() },
        expire: () => {
          throw new AuditUnavailableError('full');
        },
      },
      silentLogger,
    );
    const told: unknown[] = [];
    watch.onChange((row) => told.push(row));
    watch.heard({ seq: 1, at: '', event: { kind: 'maintenance.ended', actor: null }, prev: '', hash: '' });
    over.current = null;
    await eventually('it to be told', () => told.length >= 2);
    assert.equal(told.at(-1), null);
    watch.close();
  });
});
