import assert from 'node:assert/strict';
import type { Identity } from '../../../server/gate/session/identity.js';
import { Interned } from '../../../server/gate/customer/interned.js';
import { SharedAnswers } from '../../../server/gate/customer/shared-answers.js';
import type { Answers } from '../../../server/gate/customer/shared-answers.js';
import { customerName, domainName, fingerprint } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const ALICE: Identity = {
  customer: customerName('alice'),
  fingerprint: fingerprint('A'),
  verified: false,
  source: '192.0.2.1',
  connection: 'c1',
  domain: null,
};

describe("policy's answers for the menus", () => {
  let kept: SharedAnswers;
  let asked: number;
  let now: number;

  const of = (more: Partial<Identity> = {}, key = 'running', domain = HORATIO): Answers =>
    kept.of({ ...ALICE, ...more }, domain, key, now, () => {
      asked += 1;
      return { answers: new Map(), profiles: new Map(), images: new Map(), isLimited: false };
    });

  beforeEach(() => {
    kept = new SharedAnswers();
    asked = 0;
    now = 1_000_000;
  });

  it('are shared by the sessions of one customer, key and source', () => {
    const first = of();
    assert.equal(of({ connection: 'c2', domain: HORATIO }), first);
    assert.equal(asked, 1);
  });

  for (const [what, more] of [
    ['another customer', { customer: customerName('bob') }],
    ['another key', { fingerprint: fingerprint('B') }],
    ['a key that has verified its user', { verified: true }],
    ['another source address', { source: '192.0.2.2' }],
    ['a certificate', { certificate: {} as never }],
  ] as const)
    it(`are not shared with ${what}`, () => {
      const first = of();
      assert.notEqual(of(more), first);
      assert.equal(of(), first, 'and theirs stay');
    });

  it('are not shared by two connections with certificates, which may say more than their keys', () => {
    const certificate = {} as never;
    assert.notEqual(of({ certificate, connection: 'c1' }), of({ certificate, connection: 'c2' }));
  });

  it('are asked again when what they depend on is another, after five seconds, and when the clock was set back', () => {
    of();
    of({}, 'crashed');
    assert.equal(asked, 2);
    now += 4_999;
    of({}, 'crashed');
    assert.equal(asked, 2);
    now += 1;
    of({}, 'crashed');
    assert.equal(asked, 3);
    now -= 3_600_000;
    of({}, 'crashed');
    assert.equal(asked, 4);
  });

  it('are asked again after a change, for this domain alone', () => {
    const other = of({}, 'running', domainName('ophelia'));
    of();
    kept.forget(ALICE, HORATIO);
    of();
    assert.equal(asked, 3);
    assert.equal(of({}, 'running', domainName('ophelia')), other);
  });

  it('are forgotten when they are old, and when there are too many', () => {
    for (let at = 0; at < 3_000; at += 1) of({ source: `192.0.2.${at}` });
    assert.equal(kept.size, 2_000);
    now += 5_000;
    of();
    assert.equal(kept.size, 1);
  });

  it('are forgotten when they are old though nobody asks any more', () => {
    const later: (() => void)[] = [];
    kept = new SharedAnswers(2_000, (work) => later.push(work));
    now = Date.now() - 4_000;
    for (let at = 0; at < 10; at += 1) of({ source: `192.0.2.${at}` });
    later.shift()?.();
    assert.equal(kept.size, 10, 'none is old yet');
    now = Date.now() - 60_000;
    of();
    for (let at = 0; at < 10; at += 1) of({ source: `192.0.2.${at}` });
    later.shift()?.();
    assert.deepEqual([kept.size, later.length], [0, 0]);
  });
});

describe('values that menus share', () => {
  it('are the same object when they are equal, and bounded in number', () => {
    const all = new Interned();
    const first = all.same({ offered: false, reason: 'no' });
    assert.equal(all.same({ offered: false, reason: 'no' }), first);
    assert.notEqual(all.same({ offered: false, reason: 'not yet' }), first);
    for (let at = 0; at < 1_000; at += 1) all.same([at]);
    assert.deepEqual(all.same({ offered: false, reason: 'no' }), first);
  });
});
