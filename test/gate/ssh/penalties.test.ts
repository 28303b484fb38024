import assert from 'node:assert/strict';
import { Penalties } from '../../../server/gate/ssh/penalties.js';
import { customerName } from '../../support/temporary-store.js';
import { AuditBudget } from '../../../server/gate/ssh/audit-budget.js';

const MINUTE = 60_000;

describe('gate/ssh: penalties', () => {
  let now = 0;
  const make = (): Penalties => new Penalties({ penaltyAfter: 3, penaltySeconds: 60 }, () => now);
  const refuse = (penalties: Penalties, times: number): number[] =>
    Array.from({ length: times }, () => penalties.refused('a'));

  it('begin at the third refusal, end, and double', () => {
    const penalties = make();
    assert.deepEqual(refuse(penalties, 3), [0, 0, 60]);
    assert.equal(penalties.isPenalised('a'), true);
    assert.equal(penalties.isPenalised('b'), false);
    now += MINUTE;
    assert.equal(penalties.isPenalised('a'), false);
    assert.deepEqual(refuse(penalties, 3), [0, 0, 120]);
    now += 2 * MINUTE;
    assert.deepEqual(refuse(penalties, 3), [0, 0, 240]);
    for (let n = 0; n < 10; n += 1) {
      now += 60 * MINUTE;
      refuse(penalties, 3);
    }
    now += 60 * MINUTE;
    assert.deepEqual(refuse(penalties, 3), [0, 0, 3600], 'never longer than an hour');
  });

  it('are not lengthened by connections that were open already', () => {
    const penalties = make();
    refuse(penalties, 3);
    assert.deepEqual(refuse(penalties, 5), [0, 0, 0, 0, 0]);
    now += MINUTE;
    assert.equal(penalties.isPenalised('a'), false);
  });

  it('never come to who fails once a minute', () => {
    const penalties = make();
    for (let n = 0; n < 500; n += 1) {
      assert.equal(penalties.refused('a'), 0);
      now += MINUTE;
    }
  });

  it('are forgiven by a login, and forgotten after an hour', () => {
    const penalties = make();
    refuse(penalties, 2);
    penalties.succeeded('a');
    assert.deepEqual(refuse(penalties, 3), [0, 0, 60]);
    now += 62 * MINUTE;
    assert.deepEqual(refuse(penalties, 3), [0, 0, 60]);
  });

  it('take bounded memory', () => {
    const penalties = make();
    for (let n = 0; n < 12_000; n += 1) penalties.refused(`source ${n}`);
    assert.equal(penalties.size, 10_000);
  });
});

describe('gate/ssh: how much is audited', () => {
  it('ten refused logins of a source at once, then one each ten minutes, which says how many were left out', () => {
    let now = 0;
    const budget = new AuditBudget(() => now);
    for (let n = 0; n < 10; n += 1) assert.equal(budget.refusedLogin('a'), 0);
    for (let n = 0; n < 7; n += 1) assert.equal(budget.refusedLogin('a'), null);
    assert.equal(budget.refusedLogin('b'), 0, 'another source has its own');
    now += 10 * MINUTE;
    assert.equal(budget.refusedLogin('a'), 7);
    assert.equal(budget.refusedLogin('a'), null);
  });

  it('a thousand refused logins altogether, however many sources', () => {
    let now = 0;
    const budget = new AuditBudget(() => now);
    const recorded = (): number =>
      Array.from({ length: 3000 }, (_, n) => budget.refusedLogin(`source ${now} ${n}`)).filter(
        (spent) => spent !== null,
      ).length;
    assert.equal(recorded(), 1000);
    now += MINUTE;
    assert.equal(recorded(), 6);
  });

  it('six hundred openings of a customer at once, then one each second; of another, as many', () => {
    let now = 0;
    const budget = new AuditBudget(() => now);
    const opened = (customer: string): number =>
      Array.from({ length: 1000 }, () => budget.opening(customerName(customer))).filter(Boolean).length;
    assert.deepEqual([opened('alice'), opened('alice'), opened('bob')], [600, 0, 600]);
    now += 5000;
    assert.equal(opened('alice'), 5);
  });
});
