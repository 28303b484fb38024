import assert from 'node:assert/strict';
import { readCustomers } from '../../config/customers-document.js';
import { customersText } from '../../config/customers-text.js';
import { exactTime } from '../../config/exact-time.js';
import { problemText } from '../../config/problem.js';

/** The problems of files, as an admin reads them. */
function problems(...texts: readonly string[]): string {
  const read = readCustomers(texts.map((text, at) => ({ file: `${'abc'[at] ?? ''}.yaml`, text })));
  return read.ok ? '' : problemText(read.problems);
}

describe('files of declared customers', () => {
  it('say customers, keys, roles, parameters and CAs', () => {
    const read = readCustomers([
      {
        file: 'a.yaml',
        text: `
customers:
  alice:
    keys:
      - ssh-ed25519 AAAA alice@home
      - {key: "ssh-ed25519 BBBB", expires: 2027-01-31}
      - key: >
          ssh-ed25519 CCCC
        own: true
    roles:
      horatio: owner
      ophelia: {role: watcher, until: "2027-01-31T12:00:00+02:00"}
  bob:
  carol: {suspended: true}
domains:
  horatio: {parameters: {suite: trixie}}
cas:
  site: {key: ssh-ed25519 DDDD, groups: [staff], customers: [alice]}
`,
      },
    ]);
    assert.ok(read.ok);
    const { customers, parameters, authorities } = read.declared;
    const [alice, bob, carol] = customers;
    assert.deepEqual(
      alice?.keys.map(({ key, expires, own }) => [key, expires, own]),
      [
        ['ssh-ed25519 AAAA alice@home', null, false],
        ['ssh-ed25519 BBBB', '2027-01-31T00:00:00.000Z', false],
        ['ssh-ed25519 CCCC', null, true],
      ],
    );
    assert.deepEqual(
      alice.roles.map(({ domain, role, until }) => [domain, role, until]),
      [
        ['horatio', 'owner', null],
        ['ophelia', 'watcher', '2027-01-31T10:00:00.000Z'],
      ],
    );
    assert.deepEqual([bob?.customer, bob?.keys, bob?.suspended], ['bob', [], false]);
    assert.equal(carol?.suspended, true);
    assert.deepEqual(
      parameters.map(({ domain, name, value }) => [domain, name, value]),
      [['horatio', 'suite', 'trixie']],
    );
    assert.deepEqual(
      authorities.map(({ name, groups, customers: of }) => [name, groups, of]),
      [['site', ['staff'], ['alice']]],
    );
    assert.equal(
      problemText([read.declared.problem(alice.roles[1]?.at ?? -1, 'No.')]),
      'a.yaml:12:7: No.\n          ophelia: {role: watcher, until: "2027-01-31T12:00:00+02:00"}\n          ^\n',
    );
  });

  it('an empty file, and one that is a comment, declares nothing', () => {
    for (const text of ['', '# nothing yet\n', '---\n']) assert.ok(readCustomers([{ file: 'a', text }]).ok);
  });

  const wrong: readonly (readonly [what: string, text: string, says: RegExp])[] = [
    [
      'an unknown key',
      'customer: {}',
      /a\.yaml:1:1: There is no key `customer` here\.[^]*did you mean `customers`/,
    ],
    [
      'an unknown key of a customer',
      'customers: {alice: {role: {}}}',
      /There is no key `role` here\.[^]*did you mean `roles`/,
    ],
    [
      'a role that is none',
      'customers: {alice: {roles: {horatio: viewer}}}',
      /1:38: `viewer` is not a role\.[^]*one of owner, operator, watcher[^]*did you mean `watcher`/,
    ],
    [
      'a role without its word',
      'customers: {alice: {roles: {horatio: {until: 2027-01-01}}}}',
      /The key `role` is missing/,
    ],
    [
      'a day that is none',
      'customers: {alice: {roles: {h: {role: owner, until: 2027-02-31}}}}',
      /"2027-02-31" is not a time\.[^]*expected a day/,
    ],
    [
      'a time without its zone',
      'customers: {alice: {keys: [{key: k, expires: "2027-01-01T12:00"}]}}',
      /is not a time/,
    ],
    [
      'a number for a time',
      'customers: {alice: {keys: [{key: k, expires: 2027}]}}',
      /2027 does not fit `expires`/,
    ],
    [
      'a name that is none',
      'customers: {Alice: {}}',
      /1:13: `Alice` cannot be a name here\.[^]*up to 32 small letters/,
    ],
    ['a look-alike', 'customers: {аlice: {}}', /cannot be a name here/],
    ['a name with a control character', 'customers: {"a\\u202elice": {}}', /`a.lice` cannot be a name here/],
    ['a raw control character', 'customers: {a\u001blice: {}}', /A control character is not text/],
    ['a reserved word', 'customers: {keys: {}}', /`keys` is a word of the commands/],
    ['a server that is digits', 'customers: {alice: {roles: {"123": owner}}}', /`123` cannot be a domain/],
    ['a customer twice in one file', 'customers:\n  alice: {}\n  alice: {}\n', /a\.yaml:3:3/],
    ['a CA that speaks for nobody', 'cas: {site: {key: k}}', /It speaks for nobody/],
    [
      'a CA for a name that is none',
      'cas: {site: {key: k, customers: [Alice]}}',
      /This is no login of a customer/,
    ],
    ['a parameter that is built in', 'domains: {h: {parameters: {domain: x}}}', /`domain` is built in/],
    ['a value with a blank', 'domains: {h: {parameters: {suite: "a b"}}}', /This cannot be a value/],
    [
      'a value that is a number',
      'domains: {h: {parameters: {suite: 12}}}',
      /12 does not fit `suite`[^]*did you mean `"12"`/,
    ],
    ['a list of customers', 'customers: [alice]', /does not fit `customers`/],
    ['a key that is a number', 'customers: {alice: {keys: [12]}}', /12 does not fit an entry of `keys`/],
    [
      'a YAML bomb',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f'].map((n, at) => `${n}: &${n} [${Array.from({ length: 10 }, () => `*${'abcde'[at]}`).join()}]`).join('\n')}\n`,
      /stand for too many values/,
    ],
    ['an alias of itself', 'customers: &a {alice: *a}', /stands inside of what it is an alias of/],
    ['deep nesting', `customers: ${'['.repeat(200)}`, /nested too deeply/],
    ['two documents', 'customers: {}\n---\ncustomers: {}\n', /A second document begins here/],
    ['tabs', 'customers:\n\talice: {}\n', /a\.yaml:2/],
  ];
  for (const [what, text, says] of wrong)
    it(`${what} is a problem with its place`, () => {
      assert.match(problems(text), says);
    });

  it('a customer, a server or a CA in two files is a problem that names both places', () => {
    const text =
      'customers:\n  alice: {}\ndomains:\n  h: {parameters: {a: b}}\ncas:\n  c: {key: k, everybody: true}\n';
    const said = problems(text, text);
    assert.match(said, /b\.yaml:2:3: alice is declared already, at a\.yaml:2\./);
    assert.match(said, /b\.yaml:4:3: h is declared already, at a\.yaml:4\./);
    assert.match(said, /b\.yaml:6:3: The CA c is declared already, at a\.yaml:6\./);
  });

  it('all problems of all files are told at once, in their order', () => {
    const said = problems('customers: {alice: {roles: {h: x}}}', 'customers: {B: {}}', 'oops: 1');
    assert.deepEqual(
      [...said.matchAll(/^([abc])\.yaml/gm)].map(([, file]) => file),
      ['a', 'b', 'c'],
    );
  });

  it('anchors may be used', () => {
    const read = readCustomers([
      { file: 'a', text: 'customers:\n  alice: &x {roles: {h: owner}}\n  bob: *x\n' },
    ]);
    assert.ok(read.ok);
    assert.deepEqual(
      read.declared.customers.map(({ roles }) => roles.length),
      [1, 1],
    );
  });

  it('are written so that they are read the same, whatever the words', () => {
    const key = `ssh-ed25519 AAAA a "b" # \u007f \u202e 'c'`;
    const file = {
      customers: { true: { suspended: true, keys: [key], roles: { '1e5': 'owner' } }, _: null },
      domains: { no: { parameters: { on: '007' } } },
      cas: { y: { key, everybody: false, customers: ['true'], groups: ['null', 'a: b'] } },
    };
    const read = readCustomers([{ file: 'a', text: customersText(file) }]);
    assert.ok(read.ok, read.ok ? '' : problemText(read.problems));
    const { customers, parameters, authorities } = read.declared;
    assert.deepEqual(
      customers.map(({ customer }) => customer),
      ['true', '_'],
    );
    assert.equal(customers[0]?.keys[0]?.key, key);
    assert.equal(customers[0].roles[0]?.domain, '1e5');
    assert.equal(parameters[0]?.value, '007');
    assert.deepEqual(authorities[0]?.groups, ['null', 'a: b']);
  });

  it('times mean the same on every machine', () => {
    assert.equal(exactTime('2027-01-31'), '2027-01-31T00:00:00.000Z');
    assert.equal(exactTime('2027-01-31T23:30:00-01:00'), '2027-02-01T00:30:00.000Z');
    for (const text of [
      '2027-1-1',
      '31.1.2027',
      '2027-13-01',
      '2027-01-31T25:00:00Z',
      'never',
      '+012027-01-01',
      '',
    ])
      assert.equal(exactTime(text), undefined, text);
  });
});
