import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ROLES } from '../../../policy/roles.js';
import { exportFiles, exportText } from '../../../server/cli/declaration/exported-customers.js';
import type { Declared } from '../../../server/gate/control/declaration-answers.js';
import { parsePublicKey } from '../../../server/gate/keys/public-key.js';
import type { PublicKey } from '../../../server/gate/keys/public-key.js';
import type { AuthorityName } from '../../../policy/names.js';
import { ControlFixture } from '../../support/control-fixture.js';
import { applied, publicKeyLine } from '../../support/declared.js';
import { propertyRuns } from '../../support/property-runs.js';
import {
  ADMIN,
  customerActor,
  customerName,
  domainName,
  parameterName,
} from '../../support/temporary-store.js';

const CUSTOMERS = ['alice', 'null', 'true', '_', '__proto__', 'a.b-c', 'constructor'];
const DOMAINS = ['horatio', '1e5', 'no', 'Yes', '0x1f', 'a+b', 'toString'];
const LINES = Array.from({ length: 6 }, (_, at) =>
  publicKeyLine(['home', '', 'a "b"', '# no', 'ü', "it's: {}"][at]),
);
const TIMES = [null, '2098-01-01T00:00:00.000Z', '2099-12-31T23:59:59.999Z'];

const customer = fc.record({
  name: fc.constantFrom(...CUSTOMERS),
  suspended: fc.boolean(),
  keys: fc.uniqueArray(
    fc.record({ key: fc.nat(LINES.length - 1), end: fc.constantFrom(...TIMES), own: fc.boolean() }),
    { maxLength: 3, selector: ({ key }) => key },
  ),
  roles: fc.uniqueArray(
    fc.record({
      domain: fc.constantFrom(...DOMAINS),
      role: fc.constantFrom(...ROLES),
      until: fc.constantFrom(...TIMES),
    }),
    { selector: ({ domain }) => domain },
  ),
});

const content = fc.record({
  customers: fc.uniqueArray(customer, { selector: ({ name }) => name, maxLength: 4 }),
  parameters: fc.uniqueArray(
    fc.tuple(
      fc.constantFrom(...DOMAINS),
      fc.constantFrom('suite', 'on'),
      fc.constantFrom('trixie', '007', 'no', '1e3'),
    ),
    { selector: ([domain, name]) => `${domain} ${name}`, maxLength: 4 },
  ),
  authorities: fc.uniqueArray(
    fc.record({ key: fc.nat(LINES.length - 1), everybody: fc.boolean(), group: fc.boolean() }),
    { selector: ({ key }) => key, maxLength: 2 },
  ),
  /** Which of the rows a file has declared before. */
  isDeclared: fc.boolean(),
});

type Content = typeof content extends fc.Arbitrary<infer T> ? T : never;

describe('gate: what is exported and applied again', () => {
  let gate: ControlFixture;

  beforeEach(async () => {
    gate = new ControlFixture();
    await gate.server.listen();
  });
  afterEach(() => gate.remove());

  async function exported(): Promise<Declared> {
    return (await gate.client().ask('GET', '/declarations')) as Declared;
  }

  /** All that decides about rights: everything but who declares a row. */
  function rights(declared: Declared): unknown {
    return JSON.parse(JSON.stringify(declared), (key, value: unknown) =>
      key === 'declared' || key === 'suspendedBy' ? null : value,
    );
  }

  function fill({ customers, parameters, authorities }: Content): void {
    const { store } = gate;
    const read = (at: number): PublicKey => parsePublicKey(LINES[at] ?? '') as PublicKey;
    for (const { name, suspended, keys, roles } of customers) {
      const one = customerName(name);
      store.customers.add(one, ADMIN);
      for (const { key, end: expiresAt, own } of keys) {
        const { fingerprint, type, blob, comment } = read(key);
        const actor = own ? customerActor(one, fingerprint) : ADMIN;
        store.keys.add({ customer: one, fingerprint, type, blob, comment, expiresAt }, actor, 9);
      }
      for (const { domain, role, until } of roles)
        store.roles.add(one, domainName(domain), role, ADMIN, until);
      if (suspended) store.customers.suspend(one, null, ADMIN);
    }
    for (const [domain, name, value] of parameters)
      store.parameters.set(domainName(domain), { [parameterName(name)]: value }, ADMIN);
    const all = customers.map(({ name }) => customerName(name));
    for (const { key, everybody, group } of authorities) {
      const { fingerprint, type, blob } = read(key);
      const groups = group ? ['staff: "x"'] : [];
      const scope = { everybody: everybody || (all.length === 0 && !group), customers: all, groups };
      store.authorities.add({ name: `ca-${key}` as AuthorityName, fingerprint, type, blob, ...scope }, ADMIN);
    }
  }

  it('changes nothing, whatever there is, and the second time writes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(content, async (given) => {
        await gate.remove();
        gate = new ControlFixture();
        await gate.server.listen();
        gate.policy.policy = { ...gate.policy.policy, groups: { 'staff: "x"': [] } };
        fill(given);
        if (given.isDeclared) await applied(gate, { '/before/all.yaml': exportText(await exported()) });
        const before = await exported();
        for (const files of [
          { '/x/all.yaml': exportText(before) },
          Object.fromEntries([...exportFiles(before)].map(([name, text]) => [`/x/${name}`, text])),
        ]) {
          const answer = await applied(gate, files, { directory: '/x', prune: true });
          assert.ok(answer.changes.every(({ verb }) => verb === 'declare'));
          assert.deepEqual([answer.notes, answer.objections, answer.stale], [[], [], []]);
          assert.deepEqual(rights(await exported()), rights(before));
          const { seq } = gate.store.audit.head();
          assert.equal((await applied(gate, files, { directory: '/x', prune: true })).applied, false);
          assert.equal(gate.store.audit.head().seq, seq);
        }
      }),
      propertyRuns('export and apply', 12, 1000),
    );
  });

  it('on an empty gate makes the same customers, keys, roles, parameters and CAs', async () => {
    await fc.assert(
      fc.asyncProperty(content, async (given) => {
        await gate.remove();
        gate = new ControlFixture();
        await gate.server.listen();
        gate.policy.policy = { ...gate.policy.policy, groups: { 'staff: "x"': [] } };
        fill(given);
        const text = exportText(await exported());
        await gate.remove();
        gate = new ControlFixture();
        await gate.server.listen();
        gate.policy.policy = { ...gate.policy.policy, groups: { 'staff: "x"': [] } };
        const answer = await applied(gate, { '/x/all.yaml': text });
        assert.deepEqual(answer.objections, []);
        assert.equal(exportText(await exported()), text);
      }),
      propertyRuns('export to an empty gate', 8, 500),
    );
  });
});
