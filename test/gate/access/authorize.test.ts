import assert from 'node:assert/strict';
import type { CustomerName } from '../../../policy/names.js';
import { ACTIONS } from '../../../policy/actions.js';
import type { Action } from '../../../policy/actions.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import { DemandedPermit, Permit } from '../../../server/gate/access/authorize.js';
import { AuditUnavailableError } from '../../../server/store/store-error.js';
import { CustomerRateLimit } from '../../../server/gate/access/customer-rate-limit.js';
import { Authorizer } from '../../../server/gate/access/authorize.js';
import { ALLOW_ALL, GateInside, limit, policyOf, rule } from '../../support/gate-inside.js';
import { ADMIN, domainName } from '../../support/temporary-store.js';

describe('authorize', () => {
  let gate: GateInside;
  beforeEach(() => {
    gate = new GateInside();
  });
  afterEach(() => gate.stop());

  const ask = (action: Action, domain: string, identity = gate.alice): Permit | Refusal =>
    gate.core.authorizer.authorize(identity, { action, domain, profile: null });
  const refused = (action: Action, domain: string, identity = gate.alice): Refusal => {
    const answer = ask(action, domain, identity);
    assert.ok(isRefusal(answer), `${action} of ${domain} was permitted`);
    return answer;
  };

  it('records the intent with the permit, for everything but looking at the state', () => {
    for (const action of ACTIONS) {
      const permit = ask(action, 'horatio');
      assert.ok(!isRefusal(permit));
      const demanded = permit.consume(action);
      const { row } = demanded;
      if (action === 'status') {
        assert.equal(row, null);
        continue;
      }
      const found = gate.store.audit.at(row?.seq ?? -1);
      assert.equal(found?.hash, row?.hash);
      assert.equal(found?.event.kind, `domain.${action}.requested`);
      assert.match(JSON.stringify(found.event), new RegExp(demanded.operation));
    }
  });

  /** alice owns horatio and ophelia. yorick exists and belongs to bob. */
  const attacks: readonly (readonly [what: string, name: string])[] = [
    ['somebody else’s', 'yorick'],
    ['one that does not exist', 'hamlet'],
    ['an option of xl', '-a'],
    ['a long option', '--all'],
    ['the domid of dom0', '0'],
    ['a domid', '17'],
    ['dom0 by name', 'Domain-0'],
    ['the beginning of her own', 'horati'],
    ['her own and a blank', 'horatio '],
    ['a blank and her own', ' horatio'],
    ['a path', '../ophelia'],
    ['her own in capitals', 'HORATIO'],
    ['a Cyrillic о', 'horatiо'],
    ['fullwidth letters', 'ｈｏｒａｔｉｏ'],
    ['a zero-width space', 'horatio\u200b'],
    ['a combining mark', 'horatio\u0301'],
    ['a NUL', 'horatio\0'],
    ['a line end', 'horatio\n'],
    ['two names', 'horatio yorick'],
    ['a glob', '*'],
    ['SQL', "horatio' OR '1'='1"],
    ['nothing', ''],
    ['very much', 'h'.repeat(100_000)],
    ['a reserved word', 'list'],
    ['what a prototype has', 'constructor'],
    ['its own prototype', '__proto__'],
  ];

  it('answers every name that is not hers with the same words, whatever is asked', () => {
    const { message, code } = refused('status', 'hamlet');
    for (const [what, name] of attacks) {
      for (const action of ACTIONS) {
        const no = refused(action, name);
        assert.deepEqual([no.code, no.message], [code, message], `${action} of ${what}`);
      }
    }
    assert.equal(code, 'no-such-domain');
    assert.deepEqual(
      gate.store.audit.openIntents().map(({ event }) => event.kind),
      [],
      'nothing was intended',
    );
    assert.ok(!isRefusal(ask('start', 'horatio')), 'her own she may');
  });

  it('gives every denial a name of its own, which is found in the log and tells nothing', () => {
    const names = Array.from({ length: 50 }, (_, index) => {
      const no = refused('start', index % 2 === 0 ? 'yorick' : 'hamlet');
      assert.match(no.reference ?? '', /^[b-df-hj-np-tv-xz]{6}$/);
      assert.equal(shownRefusal(no), `${no.message} Reference: ${no.reference ?? ''}.`);
      return no.reference ?? '';
    });
    assert.equal(new Set(names).size, names.length);
    const found = gate.store.audit.denial(names[7] ?? '');
    assert.equal(found?.event.kind, 'domain.denied');
    assert.deepEqual(
      [found.event.domain, found.event.reference, found.event.revision],
      ['hamlet', names[7], 1],
    );
    assert.equal(gate.store.audit.denial('zzzzzz'), undefined);
    assert.throws(() => gate.store.audit.append(found.event), 'a name means one denial');
    assert.ok(gate.store.audit.verify().ok);
    const considered = gate.core.authorizer.check(gate.alice, {
      action: 'start',
      domain: 'yorick',
      profile: null,
    });
    assert.equal(considered?.reference, undefined, 'what is not recorded has none');
  });

  it('writes every denial with its reason, the name made printable', () => {
    refused('poweroff', 'yorick');
    refused('start', 'evil\x1b]0;name\u202e');
    const [one, other] = gate.events('domain.denied');
    assert.deepEqual([one?.domain, one?.action, one?.code], ['yorick', 'poweroff', 'no-role']);
    assert.equal(other?.domain, 'evil^[]0;name<U+202E>');
  });

  it('gives no permit to who was suspended or whose key was revoked since the login', () => {
    gate.store.keys.add(
      { ...gate.store.keys.list(gate.alice.customer)[0]!, fingerprint: gate.bob.fingerprint },
      ADMIN,
      10,
    );
    gate.store.keys.remove(gate.alice.customer, gate.alice.fingerprint, ADMIN, { allowLast: false });
    assert.equal(refused('start', 'horatio').code, 'key-revoked');
    gate.store.customers.suspend(gate.bob.customer, null, ADMIN);
    assert.equal(refused('status', 'yorick', gate.bob).code, 'customer-suspended');
  });

  it('hides a domain whose status policy denies as if it did not exist', () => {
    gate.enforce(policyOf([rule('deny', ['status'], { reason: 'hidden' }), rule('allow', ACTIONS)]));
    const no = refused('start', 'horatio');
    assert.deepEqual([no.code, no.message], ['no-such-domain', refused('start', 'hamlet').message]);
    assert.equal(gate.events('domain.denied')[0]?.code, 'rule-denies', 'the log has the reason');
  });

  it('does not count the role on a retired domain, and says so to nobody but the log', () => {
    gate.store.domains.seen([domainName('horatio')]);
    gate.store.domains.gone(domainName('horatio'));
    assert.equal(refused('start', 'horatio').message, refused('start', 'hamlet').message);
    assert.equal(gate.events('domain.denied')[0]?.code, 'domain-retired');
    gate.store.domains.seen([domainName('horatio')]);
    gate.store.domains.adopt(domainName('horatio'), ADMIN);
    assert.ok(!isRefusal(ask('start', 'horatio')));
  });

  it('counts within the transaction: of two at once one passes a limit of one', () => {
    gate.enforce(policyOf([rule('allow', ACTIONS)], [limit(['start'], 1)]));
    assert.ok(!isRefusal(ask('start', 'horatio')));
    assert.equal(refused('start', 'horatio').code, 'limit-reached');
    assert.ok(!isRefusal(ask('start', 'ophelia')), 'the limit is per domain');
  });

  it('lets what was begun go on although a limit is used up by it', () => {
    gate.enforce(policyOf([rule('allow', ACTIONS)], [limit(['console'], 1)]));
    assert.ok(!isRefusal(ask('console', 'horatio')));
    assert.equal(refused('console', 'horatio').code, 'limit-reached');
    const request = { action: 'console', domain: 'horatio', profile: null } as const;
    assert.equal(gate.core.authorizer.recheck(gate.alice, request), null);
    assert.equal(gate.core.authorizer.check(gate.alice, request)?.code, 'limit-reached');
  });

  it('asks without consequences when only what is offered is wanted', () => {
    const before = gate.store.audit.head().seq;
    const { answers } = gate.core.authorizer.considerAll(gate.alice, domainName('horatio'), ACTIONS, []);
    assert.deepEqual(
      [...answers.values()].filter((no) => no !== null),
      [],
    );
    assert.equal(
      gate.core.authorizer.check(gate.alice, { action: 'start', domain: 'yorick', profile: null })?.code,
      'no-such-domain',
    );
    assert.equal(gate.store.audit.head().seq, before);
  });

  it('attack: a program of a customer’s cannot fill the disk with denials, and others are not slowed', () => {
    const before = gate.store.audit.head().seq;
    const rateLimit = new CustomerRateLimit(() => 0);
    const authorizer = new Authorizer(gate.store.authorizations, gate.core.policy, { rateLimit });
    const asked = Array.from({ length: 2000 }, () =>
      authorizer.authorize(gate.alice, { action: 'poweroff', domain: 'yorick', profile: null }),
    );
    const codes = new Set(asked.map((answer) => isRefusal(answer) && answer.code));
    assert.deepEqual([...codes], ['no-such-domain', 'too-many']);
    assert.equal(gate.store.audit.head().seq, before + 600);
    const bob = { ...gate.alice, customer: 'bob' as CustomerName };
    const his = authorizer.authorize(bob, { action: 'status', domain: 'horatio', profile: null });
    assert.ok(!isRefusal(his) || his.code !== 'too-many');
  });

  describe('with an audit log that cannot be written', () => {
    /** As on a full disk: writes fail, reads work. With `begin`, not even a transaction can begin. */
    function full(begin: boolean): Authorizer {
      return new Authorizer(
        {
          settle: (question, decide) =>
            gate.store.authorizations.settle(question, (facts) => {
              if (!begin) throw new AuditUnavailableError('database is locked');
              const settled = decide(facts);
              if (settled.events.length > 0) throw new AuditUnavailableError('disk is full');
              return settled;
            }),
          look: (question) => gate.store.authorizations.look(question),
        },
        gate.core.policy,
      );
    }

    for (const begin of [true, false]) {
      it(`changes are refused, looking is not (${begin ? 'full' : 'locked'})`, () => {
        const looking: readonly Action[] = ['status', 'console', 'watch', 'log'];
        for (const action of ACTIONS) {
          const answer = full(begin).authorize(gate.alice, { action, domain: 'horatio', profile: null });
          if (looking.includes(action)) assert.ok(!isRefusal(answer), action);
          else assert.equal(isRefusal(answer) && answer.code, 'audit-unavailable', action);
        }
        const his = full(begin).authorize(gate.alice, { action: 'console', domain: 'yorick', profile: null });
        assert.equal(isRefusal(his) && his.code, 'no-such-domain');
      });
    }

    it('limits hold all the same', () => {
      gate.enforce(policyOf([rule('allow', ACTIONS)], [limit(['console'], 1)]));
      assert.ok(!isRefusal(ask('console', 'horatio')));
      const answer = full(false).authorize(gate.alice, {
        action: 'console',
        domain: 'horatio',
        profile: null,
      });
      assert.equal(isRefusal(answer) && answer.code, 'limit-reached');
    });
  });
});

describe('a permit', () => {
  let gate: GateInside;
  before(() => {
    gate = new GateInside();
    gate.enforce(ALLOW_ALL);
  });
  after(() => gate.stop());

  const permit = (): Permit => {
    const answer = gate.core.authorizer.authorize(gate.alice, {
      action: 'poweroff',
      domain: 'horatio',
      profile: null,
    });
    assert.ok(!isRefusal(answer));
    return answer;
  };

  it('is used once', () => {
    const one = permit();
    assert.ok(DemandedPermit.is(one.consume('poweroff')));
    assert.throws(() => one.consume('poweroff'), TypeError);
  });

  it('permits nothing but its action, and is not used up by the attempt', () => {
    const one = permit();
    assert.throws(() => one.consume('start'), TypeError);
    one.consume('poweroff');
  });

  it('cannot be made, copied or imitated', async () => {
    const demanded = permit().consume('poweroff');
    const copy = Object.fromEntries(Object.entries(demanded)) as unknown as DemandedPermit;
    const facts = Object.assign(Object.create(null), copy) as DemandedPermit;
    assert.throws(() => new Permit(Symbol('mint'), facts), TypeError);
    assert.throws(() => new DemandedPermit(Symbol('mint'), facts), TypeError);
    assert.equal(DemandedPermit.is(copy), false);
    assert.equal(
      DemandedPermit.is(Object.create(DemandedPermit.prototype, Object.getOwnPropertyDescriptors(demanded))),
      false,
    );
    assert.throws(() => Object.assign(demanded, { domain: 'yorick' }), TypeError, 'it is frozen');
    const [link] = gate.core.hosts.links;
    await assert.rejects(async () => link?.operations.submit(copy, 'poweroff'), TypeError);
    assert.deepEqual(gate.dom0.requests, []);
  });
});
