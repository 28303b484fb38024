import assert from 'node:assert/strict';
import { ACTIONS } from '../../../policy/actions.js';
import type { BootProfileName } from '../../../policy/names.js';
import { GateInside, limit, policyOf, rule } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const RESCUE = 'rescue' as BootProfileName;

describe('all actions on one domain, considered together', () => {
  let gate: GateInside;

  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
  });
  afterEach(() => gate.stop());

  it('get the answers that each of them gets alone', () => {
    const { authorizer } = gate.core;
    const policies = [
      policyOf([rule('allow', ACTIONS)], [limit(['reboot', 'start'], 1), limit(ACTIONS, 100)]),
      policyOf([rule('deny', ['console'], { reason: 'not today' }), rule('allow', ['status', 'console'])]),
      policyOf([rule('allow', ['console'])]),
    ];
    const now = new Date();
    gate.clock = () => now;
    authorizer.authorize(gate.alice, { action: 'reboot', domain: HORATIO, profile: null });
    for (const identity of [gate.alice, gate.bob])
      for (const policy of policies) {
        gate.enforce(policy);
        const { answers } = authorizer.considerAll(identity, HORATIO, ACTIONS, []);
        assert.deepEqual(
          ACTIONS.map((action) => answers.get(action)),
          ACTIONS.map((action) => authorizer.check(identity, { action, domain: HORATIO, profile: null })),
        );
      }
  });

  it('have the uses of a limit that they share counted once', () => {
    gate.enforce(policyOf([rule('allow', ACTIONS)], [limit(ACTIONS, 3)]));
    const { authorizations } = gate.store;
    const look = authorizations.look.bind(authorizations);
    let counted = 0;
    authorizations.look = (question) => {
      const facts = look(question);
      return {
        ...facts,
        count: (query) => {
          counted += 1;
          return facts.count(query);
        },
      };
    };
    gate.core.authorizer.considerAll(gate.alice, HORATIO, ACTIONS, [RESCUE]);
    assert.equal(counted, 1);
  });
});
