import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import type { Action } from '../../../policy/actions.js';
import type { Conditions } from '../../../policy/conditions.js';
import type { BootProfileName } from '../../../policy/names.js';
import type { Policy } from '../../../policy/policy.js';
import { isRefusal } from '../../../policy/refusal.js';
import { parseTimeWindow } from '../../../policy/time-window.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import { OwnDomains } from '../../../server/gate/customer/own-domains.js';
import { eventually } from '../../support/eventually.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');

function when(parts: Partial<Conditions>): Conditions {
  return { from: [], times: [], zone: 'UTC', states: [], booted: [], ...parts };
}

/** A policy that allows everything, but the console only under conditions. */
function consoleWhen(parts: Partial<Conditions>): Policy {
  return policyOf([
    rule('allow', ['console'], { when: when(parts) }),
    rule(
      'allow',
      ACTIONS.filter((action) => action !== 'console'),
    ),
  ]);
}

describe('conditions at the gate', () => {
  let gate: GateInside;
  let ended: string[];

  beforeEach(async () => {
    gate = new GateInside();
    ended = [];
    await gate.start();
  });
  afterEach(() => gate.stop());

  function live(action: Action = 'console', identity: Identity = gate.alice): void {
    gate.core.revocation.track({
      identity,
      needs: () => ({ action, domain: HORATIO }),
      end: (sentence) => ended.push(sentence),
    });
  }

  const answer = (identity: Identity = gate.alice): string => {
    const request = { action: 'console', domain: 'horatio', profile: null } as const;
    const permit = gate.core.authorizer.authorize(identity, request);
    return isRefusal(permit) ? permit.code : 'permitted';
  };

  const offered = (): string => {
    const horatio = new OwnDomains(gate.core.ownDomains, gate.alice)
      .list()
      .find(({ name }) => name === HORATIO);
    const { console } = horatio?.offers ?? assert.fail('horatio is not shown');
    return console.offered ? 'offered' : console.reason;
  };

  it('a console that is allowed only in a time window ends when it does, and menus follow', () => {
    const window = parseTimeWindow('mon-fri 08:00-18:00') ?? assert.fail();
    gate.clock = () => new Date('2026-11-25T17:59:00Z');
    gate.enforce(consoleWhen({ times: [window] }));
    gate.core.windows.look();
    assert.equal(answer(), 'permitted');
    live();
    live('watch');
    let told = 0;
    gate.core.windows.onChange(() => (told += 1));
    gate.clock = () => new Date('2026-11-25T17:59:59Z');
    gate.core.windows.look();
    assert.deepEqual([ended, told], [[], 0]);
    gate.clock = () => new Date('2026-11-25T18:00:00Z');
    gate.core.windows.look();
    assert.deepEqual(
      [ended, told],
      [['You cannot use the console of horatio at this time. It is possible mon-fri 08:00-18:00 (UTC).'], 1],
    );
    assert.equal(answer(), 'condition-not-met');
    assert.match(offered(), /^You cannot use the console of horatio at this time\./);
    gate.clock = () => new Date('2026-11-26T08:00:00Z');
    gate.core.windows.look();
    assert.deepEqual([told, answer(), offered()], [2, 'permitted', 'offered']);
  });

  it('a console that is allowed only in some states ends when the domain is in another one', async () => {
    gate.enforce(consoleWhen({ states: ['running'], booted: ['normal' as BootProfileName] }));
    assert.equal(answer(), 'permitted');
    live();
    live('watch');
    gate.dom0.set(HORATIO, 'crashed');
    await eventually('the end', () => ended.length > 0);
    assert.deepEqual(ended, ['You cannot use the console of horatio while it is crashed.']);
    assert.equal(answer(), 'condition-not-met');
    assert.match(offered(), /while it is crashed\.$/);
  });

  it('what is not known opens nothing, and puts nobody out', async () => {
    gate.enforce(consoleWhen({ states: ['running'] }));
    live();
    await gate.dom0.stop();
    await eventually('the loss', () => !gate.core.hosts.areAllReachable);
    gate.core.revocation.review();
    assert.deepEqual(ended, []);
    assert.equal(answer(), 'condition-not-met');
    const [denied] = gate.events('domain.denied');
    assert.equal(denied?.code, 'condition-not-met');
    gate.enforce(
      policyOf([rule('deny', ['console'], { when: when({ states: ['crashed'] }) }), rule('allow', ACTIONS)]),
    );
    assert.equal(answer(), 'rule-denies');
    await gate.dom0.start();
    await eventually('the host', () => answer() === 'permitted');
    assert.deepEqual(ended, []);
  });

  it('an unknown state is none, also one that the host tells as such', async () => {
    gate.enforce(consoleWhen({ states: ['running'] }));
    live();
    gate.dom0.set(HORATIO, 'unknown');
    await eventually('not to be known', () => answer() === 'condition-not-met');
    assert.deepEqual(ended, [], 'it may well be as it was');
  });

  it('attack: from another network, or with an IPv4 address in IPv6 clothes', () => {
    gate.enforce(consoleWhen({ from: ['203.0.113.0/24'] }));
    const from = (source: string): string => answer({ ...gate.alice, source });
    assert.equal(from('203.0.113.7'), 'permitted');
    assert.equal(from('::ffff:203.0.113.7'), 'permitted', 'it is the same address');
    for (const source of ['203.0.114.7', '2001:db8::7', '::203.0.113.7', '64:ff9b::203.0.113.7', '', 'unix'])
      assert.equal(from(source), 'condition-not-met', source);
    gate.enforce(
      policyOf([
        rule('deny', ['console'], { when: when({ from: ['198.51.100.0/24'] }), reason: 'Not from there.' }),
        rule('allow', ACTIONS),
      ]),
    );
    assert.equal(from('203.0.113.7'), 'permitted');
    assert.equal(from('198.51.100.7'), 'rule-denies');
    assert.equal(from('::ffff:198.51.100.7'), 'rule-denies', 'clothes help nobody past a deny');
    assert.equal(from('no address'), 'rule-denies', 'nor does what is none');
  });
});
