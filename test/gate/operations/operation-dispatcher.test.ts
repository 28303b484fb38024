import assert from 'node:assert/strict';
import type { BootProfileName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Started } from '../../../server/gate/operations/operation-dispatcher.js';
import type { VerbAction } from '../../../server/gate/operations/operation-requests.js';
import { OperationDispatcher } from '../../../server/gate/operations/operation-dispatcher.js';
import { OwnDomains } from '../../../server/gate/customer/own-domains.js';
import type { OperationRequest, OperationView, WireRefusal } from '../../../server/wire/operation.js';
import { operationView, wireRefusal } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { ALLOW_ALL, GateInside, limit, policyOf, rule } from '../../support/gate-inside.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, domainName, parameterName } from '../../support/temporary-store.js';
import { ACTIONS } from '../../../policy/actions.js';

const HORATIO = domainName('horatio');

describe('operations', () => {
  let gate: GateInside;
  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
  });
  afterEach(() => gate.stop());

  const operate = (
    action: VerbAction,
    {
      domain = 'horatio',
      profile = null,
      identity = gate.alice,
    }: { domain?: string; profile?: string | null; identity?: typeof gate.alice } = {},
  ): Promise<Started | Refusal> => gate.core.operations.operate(identity, { action, domain, profile });
  async function started(action: VerbAction): Promise<Started> {
    const result = await operate(action);
    assert.ok(!isRefusal(result), isRefusal(result) ? result.detail : '');
    return result;
  }
  const outcomes = (): unknown[] => gate.events('operation.ended').map(({ outcome }) => outcome);

  it('asks dom0 with the id, hash and sequence of the recorded intent, and records the outcome', async () => {
    const { operation, ended } = await started('reboot');
    const [asked] = gate.dom0.requests;
    const row = gate.store.audit.at(asked?.actor.auditSeq ?? -1);
    assert.equal(row?.hash, asked?.actor.auditHash);
    assert.equal(row?.event.kind, 'domain.reboot.requested');
    assert.deepEqual(
      [asked?.id, asked?.domain, asked?.verb, asked?.actor.customer, asked?.actor.source],
      [operation.id, 'horatio', 'reboot', 'alice', '192.0.2.7'],
    );
    assert.deepEqual(outcomes(), []);
    gate.dom0.end(operation.id, 'done');
    assert.equal((await ended).outcome, 'done');
    assert.deepEqual(outcomes(), ['done']);
    assert.deepEqual(gate.store.audit.openIntents(), []);
  });

  it('records how each kind of end came about', async () => {
    for (const phase of ['failed', 'superseded'] as const) {
      const { operation, ended } = await started('start');
      gate.dom0.end(operation.id, phase, wireRefusal('toolstack-failed', 'no memory'));
      assert.equal((await ended).outcome, phase);
    }
    assert.deepEqual(
      gate.events('operation.ended').map(({ outcome, code, detail }) => [outcome, code, detail]),
      [
        ['failed', 'toolstack-failed', 'no memory'],
        ['superseded', 'toolstack-failed', 'no memory'],
      ],
    );
  });

  it('does not miss an end that comes before the answer', async () => {
    gate.dom0.reply = (request) => {
      const done = operationView(request, { phase: 'done' });
      gate.dom0.tell({ change: 'operation', operation: done });
      return done;
    };
    const { ended } = await started('sysrq');
    assert.equal((await ended).outcome, 'done');
    assert.deepEqual(outcomes(), ['done']);
  });

  it('says what is going on when the domain is busy', async () => {
    gate.dom0.reply = (request) => {
      const other = operationView(request, {
        verb: 'shutdown',
        step: 'shutting-down',
        by: gate.bob.customer,
      });
      return wireRefusal('busy', 'busy', other);
    };
    const no = await operate('start');
    assert.ok(isRefusal(no));
    assert.equal(no.code, 'busy');
    assert.match(
      no.message,
      /^horatio is busy: shutting down, asked for by bob \d+ s ago \(shutting down\)\.$/,
    );
    assert.deepEqual(outcomes(), ['refused']);
  });

  it('says why the host does nothing, also when its journal cannot be written', async () => {
    for (const code of ['audit-unavailable', 'host-limit', 'wrong-state', 'host-unreachable'] as const) {
      gate.dom0.reply = () => wireRefusal(code, 'The host has its reasons.');
      const no = await operate('start');
      assert.ok(isRefusal(no));
      assert.deepEqual([no.code, no.message], [code, 'The host has its reasons.']);
    }
    assert.deepEqual(
      gate.events('operation.ended').map(({ outcome, code }) => [outcome, code]),
      (['audit-unavailable', 'host-limit', 'wrong-state', 'host-unreachable'] as const).map((code) => [
        'refused',
        code,
      ]),
    );
  });

  it('never asks dom0 for what was denied', async () => {
    for (const domain of ['yorick', 'hamlet', '-a', '0', 'Domain-0', 'HORATIO']) {
      const no = await operate('poweroff', { domain });
      assert.equal(isRefusal(no) && no.code, 'no-such-domain', domain);
    }
    assert.deepEqual(gate.dom0.requests, []);
  });

  it('does not count what the host refused against a limit', async () => {
    gate.enforce(policyOf([rule('allow', ACTIONS)], [limit(['start'], 1)]));
    gate.dom0.reply = () => wireRefusal('wrong-state', 'It is not so.');
    assert.equal((await refusedBy('start')).code, 'wrong-state');
    assert.equal((await refusedBy('start')).code, 'wrong-state');
    gate.dom0.reply = (request) => operationView(request);
    await started('start');
    assert.equal((await refusedBy('start')).code, 'limit-reached');
  });

  async function refusedBy(action: VerbAction, profile: string | null = null): Promise<Refusal> {
    const no = await operate(action, { profile });
    assert.ok(isRefusal(no));
    return no;
  }

  it('uses nothing that the host’s contract does not list', async () => {
    gate.dom0.contract = { ...gate.dom0.contract, verbs: ['start'] };
    await gate.dom0.stop();
    await gate.dom0.start();
    await eventually(
      'the new contract',
      () => gate.core.hosts.links[0]?.contract?.verbs.length === 1 && gate.core.hosts.areAllReachable,
    );
    assert.equal((await refusedBy('reboot')).code, 'not-on-this-host');
    assert.deepEqual(gate.dom0.requests, []);
  });

  describe('a rescue', () => {
    it('takes the only profile when none is named', async () => {
      const { operation } = await started('rescue');
      assert.equal(operation.profile, 'rescue');
      assert.equal(gate.events('domain.rescue.requested')[0]?.profile, 'rescue');
    });

    it('asks which when there are several, and knows no other', async () => {
      gate.dom0.set(HORATIO, 'running', { profiles: ['normal', 'debian', 'grub'] as BootProfileName[] });
      await eventually('the profiles', () => gate.core.hosts.find(HORATIO)?.view.profiles.length === 3);
      assert.match((await refusedBy('rescue')).message, /debian, grub/);
      for (const profile of ['normal', 'windows', '../kernel', '']) {
        assert.equal((await refusedBy('rescue', profile)).code, 'no-such-profile', profile);
      }
      assert.ok(!isRefusal(await operate('rescue', { profile: 'grub' })));
    });

    it('tells nothing of the profiles of somebody else’s domain', async () => {
      for (const profile of [null, 'rescue', 'windows']) {
        const his = await operate('rescue', { domain: 'yorick', profile });
        const nobodys = await operate('rescue', { domain: 'hamlet', profile });
        assert.ok(isRefusal(his) && isRefusal(nobodys));
        assert.deepEqual([his.code, his.message], [nobodys.code, nobodys.message]);
      }
    });
  });

  describe('a profile with parameters', () => {
    const suite = {
      name: parameterName('suite'),
      title: 'suite',
      values: ['bookworm', 'trixie'],
      default: null,
    };
    const mirror = {
      name: parameterName('mirror'),
      title: 'mirror',
      values: null,
      default: 'deb.example.net',
    };

    beforeEach(async () => {
      const words = { title: 'Installer', disks: 'Erased.', hint: '' };
      const name = 'installer' as BootProfileName;
      gate.dom0.contract = {
        ...gate.dom0.contract,
        profiles: [{ name, ...words, parameters: [suite, mirror] }],
      };
      gate.dom0.set(HORATIO, 'off', { profiles: [name] });
      await gate.dom0.stop();
      await gate.dom0.start();
      await eventually(
        'the new contract',
        () => gate.core.hosts.links[0]?.contract?.profiles.length === 1 && gate.core.hosts.areAllReachable,
      );
    });

    const set = (values: Readonly<Record<string, string>>): unknown =>
      gate.store.parameters.set(HORATIO, values, ADMIN);

    it('gets what is set for the domain and the defaults, and nothing that it does not list', async () => {
      set({ suite: 'trixie', colour: 'blue' });
      await started('rescue');
      const values = { suite: 'trixie', mirror: 'deb.example.net' };
      assert.deepEqual(gate.dom0.requests[0]?.parameters, values);
      assert.deepEqual(gate.events('domain.rescue.requested')[0]?.parameters, values);
      assert.deepEqual(gate.store.audit.verify().findings, []);
      await started('poweroff');
      assert.equal('parameters' in (gate.dom0.requests[1] ?? {}), false);
      assert.equal('parameters' in (gate.events('domain.poweroff.requested')[0] ?? {}), false);
    });

    it('is not asked for while one is not set, and it is said what to do', async () => {
      const no = await refusedBy('rescue');
      assert.equal(no.code, 'not-on-this-host');
      assert.equal(no.message, 'This is not set up for horatio yet: suite. Please ask us to set it.');
      assert.match(
        no.detail,
        /suite is not set for horatio \(postern domain set horatio suite=…, one of bookworm, trixie\)/,
      );
      assert.deepEqual(gate.dom0.requests, []);
      assert.deepEqual(gate.events('operation.ended')[0]?.detail, no.detail);
      assert.deepEqual(outcomes(), ['refused']);
    });

    it('is not asked for with what its host does not take', async () => {
      set({ suite: 'potato' });
      const no = await refusedBy('rescue');
      assert.equal(no.code, 'not-on-this-host');
      assert.doesNotMatch(no.message, /potato/);
      assert.match(no.detail, /suite=potato is not allowed by its host/);
      assert.deepEqual(gate.dom0.requests, []);
    });

    it('has the last word of its host told in plain words', async () => {
      set({ suite: 'trixie', mirror: 'evil' });
      gate.dom0.reply = () => wireRefusal('not-on-this-host', 'This boot is not set up for this server: x.');
      assert.match((await refusedBy('rescue')).message, /^This boot is not set up for this server: x\.$/);
    });

    it('tells who may not boot it nothing of what is set', async () => {
      gate.enforce(policyOf([rule('allow', ['status'])]));
      const no = await refusedBy('rescue');
      assert.equal(no.code, 'no-rule');
      const [bob] = [await operate('rescue', { identity: gate.bob })];
      assert.equal(isRefusal(bob) && bob.code, 'no-such-domain');
    });

    describe('that the customer chooses', () => {
      const rescue = (choice: Readonly<Record<string, string>>) =>
        gate.core.operations.operate(gate.alice, {
          action: 'rescue',
          domain: 'horatio',
          profile: null,
          choice,
        });

      beforeEach(async () => {
        const [profile] = gate.dom0.contract.profiles;
        if (profile === undefined) assert.fail();
        const parameters = [{ ...suite, chooser: 'customer' } as const, mirror];
        gate.dom0.contract = { ...gate.dom0.contract, profiles: [{ ...profile, parameters }] };
        await gate.dom0.stop();
        await gate.dom0.start();
        await eventually(
          'the new contract',
          () =>
            gate.core.hosts.links[0]?.contract?.profiles[0]?.parameters[0]?.chooser === 'customer' &&
            gate.core.hosts.areAllReachable,
        );
      });

      it('has the chosen value, before what is set for the domain', async () => {
        set({ suite: 'bookworm' });
        const begun = await rescue({ suite: 'trixie' });
        assert.ok(!isRefusal(begun));
        const values = { suite: 'trixie', mirror: 'deb.example.net' };
        assert.deepEqual(gate.dom0.requests[0]?.parameters, values);
        assert.deepEqual(gate.events('domain.rescue.requested')[0]?.parameters, values);
      });

      it('is asked for where nothing is chosen or set, and is what is set otherwise', async () => {
        const no = await refusedBy('rescue');
        assert.deepEqual([no.code, no.message], ['usage', 'Say which you want: suite=bookworm|trixie']);
        assert.equal(gate.dom0.requests.length, 0);
        set({ suite: 'bookworm' });
        await started('rescue');
        assert.equal(gate.dom0.requests[0]?.parameters?.[suite.name], 'bookworm');
      });

      it('is never free text, another parameter, or a value that is not in the list', async () => {
        set({ suite: 'bookworm' });
        const attacks: readonly Readonly<Record<string, string>>[] = [
          { suite: 'trixie init=/bin/sh' },
          { suite: 'potato' },
          { suite: '' },
          { mirror: 'evil.example.net' },
          { suite: 'trixie', mirror: 'deb.example.net' },
          { Suite: 'trixie' },
          { constructor: 'trixie' },
          { 'suite\n': 'trixie' },
        ];
        for (const choice of attacks) {
          const no = await rescue(choice);
          assert.ok(isRefusal(no), JSON.stringify(choice));
          assert.equal(no.code, 'usage');
          assert.equal(no.message, 'That cannot be chosen. This boot takes: suite=bookworm|trixie');
        }
        assert.deepEqual(gate.dom0.requests, []);
        assert.doesNotMatch(JSON.stringify(gate.events('domain.rescue.requested')), /evil|init=|potato/);
        assert.ok(outcomes().every((outcome) => outcome === 'refused'));
      });

      it('is told to nobody who may not boot it', async () => {
        gate.enforce(policyOf([rule('allow', ['status'])]));
        const no = await rescue({ suite: 'potato' });
        assert.equal(isRefusal(no) && no.code, 'no-rule');
      });

      it('is shown as a choice, and refuses nothing in the menu', () => {
        const [shown] = new OwnDomains(gate.core.ownDomains, gate.alice)
          .list()
          .filter((domain) => domain.name === HORATIO);
        const [profile] = shown?.profiles ?? [];
        assert.equal(profile?.refused, null);
        assert.deepEqual(profile.parameters[0], {
          name: 'suite',
          title: 'suite',
          value: null,
          choices: ['bookworm', 'trixie'],
        });
      });
    });

    it('is shown with its values, and with why it cannot be chosen', () => {
      const profile = (): unknown => {
        const [shown] = new OwnDomains(gate.core.ownDomains, gate.alice)
          .list()
          .filter((domain) => domain.name === HORATIO);
        const { parameters, refused } = shown?.profiles[0] ?? {};
        return { parameters, refused };
      };
      assert.deepEqual(profile(), {
        parameters: [
          { name: 'suite', title: 'suite', value: null, choices: null },
          { name: 'mirror', title: 'mirror', value: 'deb.example.net', choices: null },
        ],
        refused: 'This is not set up for horatio yet: suite. Please ask us to set it.',
      });
      set({ suite: 'bookworm', mirror: 'deb.example.org' });
      assert.deepEqual(profile(), {
        parameters: [
          { name: 'suite', title: 'suite', value: 'bookworm', choices: null },
          { name: 'mirror', title: 'mirror', value: 'deb.example.org', choices: null },
        ],
        refused: null,
      });
      const installer = 'installer' as BootProfileName;
      gate.enforce(
        policyOf([
          rule('deny', ['rescue'], { profiles: [installer], reason: 'Ask us.' }),
          ...ALLOW_ALL.rules,
        ]),
      );
      assert.match(JSON.stringify(profile()), /"refused":"Ask us\./);
    });
  });

  describe('over the loss of a host', () => {
    it('refuses at once what it cannot send', async () => {
      await gate.dom0.stop();
      await eventually('the loss', () => !gate.core.hosts.areAllReachable);
      assert.equal((await refusedBy('start')).code, 'host-unreachable');
      assert.deepEqual(outcomes(), ['refused']);
    });

    it('asks again with the same id when the answer was lost, and it is one operation', async () => {
      let times = 0;
      gate.dom0.reply = (request) => {
        times += 1;
        if (times > 1) return operationView(request);
        gate.dom0.operations.set(request.id, operationView(request));
        return 'drop';
      };
      await started('start');
      assert.equal(new Set(gate.dom0.requests.map(({ id }) => id)).size, 1);
      assert.equal(gate.dom0.requests.length, 2);
    });

    it('learns how an operation ended that ended while the host was away', async () => {
      const { operation, ended } = await started('shutdown');
      await gate.dom0.stop();
      await eventually('the loss', () => !gate.core.hosts.areAllReachable);
      gate.dom0.operations.set(operation.id, { ...operation, phase: 'done' });
      await gate.dom0.start();
      assert.equal((await ended).outcome, 'done');
      assert.deepEqual(outcomes(), ['done']);
    });

    it('keeps one that is asked for again after the host was lost: it is neither lost nor ended twice', async () => {
      const accepted = (request: OperationRequest): OperationView => operationView(request);
      const refused = (): WireRefusal => wireRefusal('wrong-state', 'it is off');
      for (const [again, end] of [
        [accepted, 'done'],
        [refused, 'refused'],
      ] as const) {
        let times = 0;
        gate.dom0.reply = (request) => {
          times += 1;
          if (times > 1) return again(request);
          // The gate hears the host again at once. The host does not know the operation, and the gate asks
          // for it again.
          void gate.dom0.stop().then(() => gate.dom0.start());
          return 'drop';
        };
        const begun = await operate('start');
        assert.equal(times, 2);
        if (!isRefusal(begun)) gate.dom0.end(begun.operation.id, 'done');
        await eventually('the outcome', () => gate.store.audit.openIntents().length === 0);
        assert.equal(outcomes().at(-1), end);
      }
      assert.deepEqual(outcomes(), ['done', 'refused']);
    });

    it('does not call refused what the host may have, and cannot say while it cannot read its journal', async () => {
      let times = 0;
      let taken: OperationView | undefined;
      gate.dom0.reply = (request) => {
        times += 1;
        if (times > 1) return wireRefusal('audit-unavailable', 'It may still be done.');
        taken = operationView(request);
        return 'drop';
      };
      assert.equal((await refusedBy('start')).code, 'host-unreachable');
      assert.deepEqual(outcomes(), []);
      assert.ok(taken !== undefined);
      // It has read its journal, and takes up what stands there.
      gate.dom0.operations.set(taken.id, taken);
      gate.dom0.end(taken.id, 'done');
      await eventually('the outcome', () => gate.store.audit.openIntents().length === 0);
      assert.deepEqual(outcomes(), ['done']);
    });

    it('calls lost only what the host answers that it does not know', async () => {
      const { operation, ended } = await started('shutdown');
      await gate.dom0.stop();
      await eventually('the loss', () => !gate.core.hosts.areAllReachable);
      assert.deepEqual(outcomes(), []);
      gate.dom0.operations.delete(operation.id);
      await gate.dom0.start();
      assert.equal((await ended).outcome, 'lost');
      assert.deepEqual(outcomes(), ['lost']);
    });
  });

  describe('a gate that starts', () => {
    it('does not call lost what an earlier one asked for in its last moment', async () => {
      const { operation } = await started('start');
      gate.core.operations.close();
      // The host has received the request, but has not written it down yet.
      gate.dom0.operations.delete(operation.id);
      const { authorizer, hosts, store } = gate.core;
      const later = new OperationDispatcher({
        authorizer,
        hosts,
        roles: store.roles,
        parameters: store.parameters,
        customers: store.customers,
        seedKeys: { of: () => null, usable: () => new Map() },
        grounds: gate.store.grounds,
        audit: store.audit,
        log: silentLogger,
        timings: { sweep: 10, late: 60_000 },
      });
      const before = gate.dom0.lookups;
      later.closeOpenIntents();
      await eventually('the host to be asked twice', () => gate.dom0.lookups > before + 1);
      assert.deepEqual(outcomes(), []);
      gate.dom0.operations.set(operation.id, operation);
      gate.dom0.end(operation.id, 'done');
      await eventually('the outcome', () => gate.store.audit.openIntents().length === 0);
      assert.deepEqual(outcomes(), ['done']);
      later.close();
    });

    it('closes each intent that was left open, by what dom0 says', async () => {
      const done = await started('shutdown');
      const running = await started('reboot');
      const unknown = await started('start');
      const looked = gate.core.authorizer.authorize(gate.alice, {
        action: 'console',
        domain: 'horatio',
        profile: null,
      });
      assert.ok(!isRefusal(looked));
      gate.core.operations.close();
      gate.dom0.end(done.operation.id, 'done');
      gate.dom0.operations.delete(unknown.operation.id);
      const { authorizer, hosts, store } = gate.core;
      const later = new OperationDispatcher({
        authorizer,
        hosts,
        roles: store.roles,
        parameters: store.parameters,
        customers: store.customers,
        seedKeys: { of: () => null, usable: () => new Map() },
        grounds: gate.store.grounds,
        audit: store.audit,
        log: silentLogger,
        timings: { sweep: 10, late: 100 },
      });
      later.closeOpenIntents();
      const ended = (): unknown[] =>
        gate
          .events('operation.ended')
          .map(({ operation, outcome }) => [operation, outcome])
          .sort();
      await eventually('three outcomes', () => ended().length === 3);
      const expected = [
        [done.operation.id, 'done'],
        [unknown.operation.id, 'lost'],
        [looked.operation, 'lost'],
      ];
      assert.deepEqual(ended(), expected.sort());
      gate.dom0.end(running.operation.id, 'done');
      await eventually('the last', () => gate.store.audit.openIntents().length === 0);
      later.close();
    });
  });
});
