import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { ACTIONS } from '../../../policy/actions.js';
import type { AuthorityName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { readCertificate } from '../../../server/gate/certificates/certificate.js';
import type { Identity } from '../../../server/gate/session/identity.js';
import type { LoginFound } from '../../../server/gate/ssh/authenticate.js';
import { CertifiedAccounts } from '../../../server/gate/ssh/certified-accounts.js';
import type { AuthorityScope } from '../../../server/store/records.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { makeCertificate, makeKey } from '../../support/made-certificate.js';
import type { CertificateParts } from '../../support/made-certificate.js';
import { NO_KEY_RULE } from '../../support/policy-values.js';
import { ADMIN, customerName, domainName } from '../../support/temporary-store.js';

const CA = 'alice-ca' as AuthorityName;
const ALICE = customerName('alice');
const allowAll = policyOf([rule('allow', ACTIONS)]);

describe('the rights of a login by a certificate', () => {
  const ca = makeKey();
  const key = makeKey();
  let gate: GateInside;
  let ended: string[];

  const trust = (scope: Partial<AuthorityScope> = { customers: [ALICE] }): void => {
    const { fingerprint, blob } = ca;
    const added = gate.store.authorities.add(
      {
        name: CA,
        fingerprint,
        type: 'ssh-ed25519',
        blob,
        everybody: false,
        customers: [],
        groups: [],
        ...scope,
      },
      ADMIN,
    );
    assert.ok(!isRefusal(added));
  };
  const find = (parts: Partial<CertificateParts>, login: string): LoginFound | null => {
    const certificate = readCertificate(makeCertificate(ca, key, parts), { rsaMinimumBits: 2048 });
    assert.ok(typeof certificate !== 'string');
    const accounts = new CertifiedAccounts({
      logins: gate.store.logins,
      authorities: gate.store.authorities,
      holders: gate.store.holders,
      policy: () => gate.core.policy.policy,
      revoked: gate.core.revokedKeys,
      clock: () => gate.clock(),
    });
    return accounts.find(login, certificate, accounts.authority(ca.fingerprint), false);
  };
  /** Why a login would be refused; null: it would be accepted. */
  const why = (parts: Partial<CertificateParts> = {}): string | null => {
    const found = find(parts, 'alice');
    assert.ok(found !== null);
    return found.standing.here ? null : found.standing.why;
  };
  /** The identity that the SSH front would make of a proven certificate. */
  const identity = (parts: Partial<CertificateParts> = {}, login = 'alice'): Identity => {
    const found = find(parts, login);
    assert.ok(found?.certificate !== undefined && found.standing.here, 'the login would be accepted');
    const { customer, domain, certificate: proof } = found;
    const { fingerprint } = key;
    return {
      customer,
      fingerprint,
      certificate: proof,
      verified: false,
      source: '192.0.2.7',
      connection: 'cert',
      domain,
    };
  };
  const follow = (who: Identity): void => {
    for (const needs of [null, { action: 'console', domain: domainName('horatio') } as const])
      gate.core.revocation.track({
        identity: who,
        needs: () => needs,
        end: (sentence) => ended.push(`${needs === null ? 'connection' : 'console'}: ${sentence}`),
      });
  };
  const ends = async (): Promise<void> => {
    await eventually('both to end', () => ended.length === 2);
    for (const sentence of ended)
      assert.match(
        sentence,
        /certificate of this connection does not count any more|not allowed any more|no longer|suspended|removed/,
      );
  };

  beforeEach(() => {
    gate = new GateInside();
    ended = [];
  });

  afterEach(() => gate.stop());

  const takings: readonly (readonly [what: string, take: (gate: GateInside) => void])[] = [
    ['its CA is removed', ({ store }) => store.authorities.remove(CA, ADMIN)],
    [
      'its CA is removed and trusted again at once',
      ({ store }) => {
        store.authorities.remove(CA, ADMIN);
        trust();
      },
    ],
    ['the customer is suspended', ({ store }) => store.customers.suspend(ALICE, null, ADMIN)],
    ['the customer is removed', ({ store }) => store.customers.remove(ALICE, ADMIN)],
    [
      'the customer gets another name',
      ({ store }) => store.customers.rename(ALICE, customerName('alicia'), ADMIN),
    ],
    [
      'the policy forbids the kind of key',
      (inside) => {
        const everybody = { customers: [], groups: [], roles: [] };
        inside.enforce({
          ...allowAll,
          keyRules: [{ ...NO_KEY_RULE, subjects: everybody, types: ['ssh-rsa'] }],
        });
      },
    ],
    [
      'the list of revoked keys names its key',
      (inside) => {
        writeFileSync(inside.revokedKeysFile, `${key.line}\n`);
        inside.core.revokedKeys.refresh();
      },
    ],
    [
      'the list of revoked keys names its CA',
      (inside) => {
        writeFileSync(inside.revokedKeysFile, `${ca.line}\n`);
        inside.core.revokedKeys.refresh();
      },
    ],
  ];
  for (const [what, take] of takings) {
    it(`ends its connection and its console when ${what}`, async () => {
      trust();
      follow(identity());
      take(gate);
      await ends();
    });
  }

  it('ends when the customer leaves the group that the CA is for', async () => {
    const groups = { staff: [ALICE] };
    gate.enforce({ ...allowAll, groups });
    trust({ groups: ['staff'] });
    follow(identity());
    gate.enforce({ ...allowAll, groups: { staff: [customerName('bob')] } });
    await ends();
  });

  it('ends when its time is over, and may do nothing from that moment', async () => {
    trust();
    const begin = Date.now();
    const validBefore = BigInt(Math.ceil(begin / 1000) + 1);
    const who = identity({ validBefore });
    follow(who);
    assert.deepEqual(ended, []);
    gate.clock = () => new Date(Number(validBefore) * 1000);
    const asked = gate.core.authorizer.authorize(who, {
      action: 'console',
      domain: 'horatio',
      profile: null,
    });
    assert.ok(isRefusal(asked));
    assert.match(asked.detail, /the time of the certificate is over/);
    await ends();
  });

  it('goes on while the list of revoked keys cannot be read', () => {
    trust();
    const who = identity();
    follow(who);
    writeFileSync(gate.revokedKeysFile, 'broken\n');
    gate.core.revokedKeys.refresh();
    gate.core.revocation.review();
    assert.deepEqual(ended, []);
    assert.match(gate.core.revokedKeys.problem ?? '', /line 1/);
  });

  it('a registered key that the list of revoked keys names ends what came with it, and no other', async () => {
    const fingerprint = key.fingerprint;
    gate.store.keys.add(
      { customer: ALICE, fingerprint, type: 'ssh-ed25519', blob: key.blob, comment: '' },
      ADMIN,
      10,
    );
    follow({ ...gate.alice, fingerprint });
    gate.core.revocation.track({
      identity: gate.bob,
      needs: () => null,
      end: (sentence) => ended.push(sentence),
    });
    writeFileSync(gate.revokedKeysFile, `${key.line}\n`);
    gate.core.revokedKeys.refresh();
    await eventually('both to end', () => ended.length > 0);
    assert.equal(ended.length, 2);
    for (const sentence of ended) assert.match(sentence, /key of this connection is no longer registered/);
  });

  describe('over a key that is registered as well', () => {
    const row = {
      customer: ALICE,
      fingerprint: key.fingerprint,
      type: 'ssh-ed25519',
      blob: key.blob,
      comment: '',
    };

    it('does not live by the registered key', async () => {
      trust();
      const who = identity();
      gate.store.keys.add(row, ADMIN, 10);
      follow(who);
      gate.store.authorities.remove(CA, ADMIN);
      await ends();
    });

    it('does not bring a removed key back, until that is registered again', async () => {
      trust();
      gate.store.keys.add(row, ADMIN, 10);
      follow(identity());
      gate.store.keys.remove(ALICE, key.fingerprint, ADMIN, { allowLast: true });
      await ends();
      assert.equal(why(), 'certificate-revoked');
      gate.store.keys.add(row, ADMIN, 10);
      assert.equal(why(), null);
    });

    it('does not bring an expired key back, nor outlive its end', async () => {
      trust();
      gate.store.keys.add(row, ADMIN, 10);
      follow(identity());
      gate.store.keys.setExpiry(ALICE, key.fingerprint, '2020-01-01T00:00:00.000Z', ADMIN);
      await ends();
      assert.equal(why(), 'certificate-expired');
      gate.store.oldKeys.removeExpired(ADMIN);
      assert.equal(why(), 'certificate-revoked');
    });
  });

  it('never goes over to another customer who takes the name', async () => {
    trust({ everybody: true });
    const now = Math.floor(Date.now() / 1000);
    const who = identity({ validAfter: BigInt(now - 3600) });
    gate.store.customers.remove(ALICE, ADMIN);
    gate.store.customers.add(ALICE, ADMIN);
    gate.role(ALICE, domainName('ophelia'), 'owner');
    assert.ok(
      isRefusal(gate.core.authorizer.authorize(who, { action: 'console', domain: 'ophelia', profile: null })),
    );
    follow(who);
    await ends();
    // What was signed for the earlier alice opens nothing of the new one.
    assert.equal(why({ validAfter: BigInt(now - 3600) }), 'authority-not-trusted');
    assert.equal(why(), 'authority-not-trusted');
    gate.clock = () => new Date((now + 10) * 1000);
    assert.equal(why({ validAfter: BigInt(now + 5) }), null);
  });

  it('adds and removes no keys', async () => {
    trust();
    const who = identity();
    await gate.start();
    for (const command of [`keys add ${makeKey().line}`, `keys remove ${gate.alice.fingerprint} --yes`]) {
      const terminal = new FakeTerminal({ hasPty: false });
      assert.equal(await gate.exec(who, command, terminal), 3, command);
      assert.match(terminal.errors, /logged in by a certificate/);
    }
    assert.deepEqual(
      gate.store.keys.list(ALICE).map(({ fingerprint }) => fingerprint),
      [gate.alice.fingerprint],
    );
  });

  it('by a domain in its principals reaches that domain and nothing else', async () => {
    trust();
    const who = identity({ principals: ['horatio'] }, 'horatio');
    await gate.start();
    const run = async (command: string): Promise<string> => {
      const terminal = new FakeTerminal({ hasPty: false });
      return `${await gate.exec(who, command, terminal)} ${terminal.output}${terminal.errors}`;
    };
    assert.match(await run('list'), /^0 [^]*horatio/);
    assert.doesNotMatch(await run('list'), /ophelia/);
    assert.match(await run('horatio status'), /^0 /);
    for (const other of ['ophelia', 'yorick', 'nothing'])
      assert.match(await run(`${other} status`), /^4 There is no such server, or it is not yours\./);
    gate.core.authorizer.authorize(gate.alice, { action: 'reboot', domain: 'ophelia', profile: null });
    gate.core.authorizer.authorize(gate.alice, { action: 'reboot', domain: 'horatio', profile: null });
    const activity = await run('activity');
    assert.match(activity, /horatio/);
    assert.doesNotMatch(activity, /ophelia|key/);
  });
});
