import assert from 'node:assert/strict';
import type { LoadResult, PolicySource } from '../../../server/gate/policy/policy-holder.js';
import { NoPolicyError, PolicyHolder } from '../../../server/gate/policy/policy-holder.js';
import type { AuditEvent } from '../../../server/store/audit-event.js';
import { AuditUnavailableError } from '../../../server/store/store-error.js';
import { ALLOW_ALL, policyOf } from '../../support/gate-inside.js';
import { silentLogger } from '../../support/silent-logger.js';

const NOTHING = policyOf([]);
const good = (digest: string, policy = ALLOW_ALL): LoadResult => ({ ok: true, policy, digest });
const PROBLEMS = ['10.yaml:2:5: there is no key "alow"; did you mean "allow"?'];
const BROKEN: LoadResult = { ok: false, problems: PROBLEMS };

describe('the policy in force', () => {
  let events: AuditEvent[];
  let kept: [number, string][];
  let found: LoadResult;
  let last: ReturnType<PolicySource['lastAccepted']>;
  let full: boolean;
  let unkept: boolean;

  beforeEach(() => {
    events = [];
    kept = [];
    found = good('one');
    last = null;
    full = false;
    unkept = false;
  });

  function holder(): PolicyHolder {
    return new PolicyHolder(
      {
        load: () => found,
        lastAccepted: () => last,
        keep: (revision, digest) => {
          if (unkept) throw new Error('no space left on device');
          kept.push([revision, digest]);
        },
      },
      {
        append: (event) => {
          if (full) throw new AuditUnavailableError('disk is full');
          events.push(event);
        },
      },
      silentLogger,
    );
  }

  const kinds = (): string[] => events.map(({ kind }) => kind);

  it('begins with what is there, as the next revision', () => {
    last = { policy: NOTHING, digest: 'zero', revision: 41 };
    const policy = holder();
    assert.deepEqual([policy.revision, policy.policy], [42, ALLOW_ALL]);
    assert.deepEqual([kinds(), kept], [['policy.loaded'], [[42, 'one']]]);
  });

  it('is the same revision after a restart when nothing changed', () => {
    last = { policy: ALLOW_ALL, digest: 'one', revision: 41 };
    assert.equal(holder().revision, 41);
    assert.deepEqual([kinds(), kept], [[], []]);
  });

  it('begins with the last accepted one when what is there is broken', () => {
    found = BROKEN;
    last = { policy: NOTHING, digest: 'zero', revision: 7 };
    const policy = holder();
    assert.deepEqual([policy.revision, policy.policy], [7, NOTHING]);
    assert.deepEqual(policy.problems, PROBLEMS, 'an admin can ask what is wrong');
    assert.deepEqual(kinds(), ['policy.rejected']);
  });

  it('does not begin at all without any', () => {
    found = BROKEN;
    assert.throws(holder, NoPolicyError);
  });

  it('a broken one changes nothing: not the policy, not the revision, nobody is asked again', () => {
    const policy = holder();
    const heard: number[] = [];
    policy.onChange((revision) => heard.push(revision));
    found = BROKEN;
    const result = policy.reload({ admin: 'root' });
    assert.deepEqual(result, { ok: false, revision: 1, problems: PROBLEMS });
    assert.deepEqual([policy.revision, policy.policy, heard], [1, ALLOW_ALL, []]);
    assert.deepEqual(kinds(), ['policy.loaded', 'policy.rejected']);
  });

  it('a good one is in force at once and heard of after it is', () => {
    const policy = holder();
    const heard: unknown[] = [];
    policy.onChange((revision) => heard.push([revision, policy.policy]));
    found = BROKEN;
    policy.reload(null);
    found = good('two', NOTHING);
    assert.deepEqual(policy.reload(null), { ok: true, revision: 2, changed: true });
    assert.deepEqual(policy.problems, []);
    assert.deepEqual(heard, [[2, NOTHING]]);
    assert.deepEqual(policy.reload(null), { ok: true, revision: 2, changed: false });
    assert.equal(heard.length, 1);
  });

  it('a right is taken away also when that cannot be recorded', () => {
    const policy = holder();
    full = true;
    found = good('two', NOTHING);
    assert.equal(policy.reload(null).ok, true);
    assert.equal(policy.policy, NOTHING);
  });

  it('what could not be kept is kept by the next reload, though nothing has changed', () => {
    const policy = holder();
    unkept = true;
    found = good('two');
    assert.deepEqual(policy.reload({ admin: 'ada' }), { ok: true, revision: 2, changed: true });
    policy.reload(null);
    unkept = false;
    policy.reload({ admin: 'bea' });
    policy.reload({ admin: 'bea' });
    assert.deepEqual(kept, [
      [1, 'one'],
      [2, 'two'],
    ]);
  });

  it('one who hears of it and fails does not keep the others from hearing', () => {
    const policy = holder();
    let heard = 0;
    policy.onChange(() => {
      throw new Error('a fault');
    });
    policy.onChange(() => (heard += 1));
    found = good('two');
    policy.reload(null);
    assert.equal(heard, 1);
  });
});
