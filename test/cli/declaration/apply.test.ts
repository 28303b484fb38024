import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Store } from '../../../server/store/store.js';
import { publicKeyLine } from '../../support/declared.js';
import { writeGateSettings } from '../../support/gate-settings-file.js';
import { postern } from '../../support/postern-command.js';
import type { Ended } from '../../support/postern-command.js';
import { customerName, domainName } from '../../support/temporary-store.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

/** With the gate's database; test/gate/control/declaration-routes.test.ts asks a running gate. */
describe('cli: postern apply and postern export', () => {
  let directory: TemporaryDirectory;
  let settings: string[];
  let customers: string;

  before(() => {
    directory = new TemporaryDirectory();
    const state = directory.file('state');
    mkdirSync(state, { mode: 0o700 });
    settings = ['--settings', writeGateSettings(directory.path, { state })];
    customers = directory.file('customers.d');
    mkdirSync(customers);
  });
  after(() => {
    directory.dispose();
  });

  const apply = (...args: readonly string[]): Promise<Ended> => postern(['apply', ...args, ...settings]);
  const write = (name: string, text: string): string => {
    const file = join(customers, name);
    writeFileSync(file, text);
    return file;
  };
  function stored<T>(look: (store: Store) => T): T {
    const store = Store.open(directory.file('state/postern.db'));
    try {
      return look(store);
    } finally {
      store.close();
    }
  }

  it('shows a difference, makes it, and the second time has nothing to do', async () => {
    const key = publicKeyLine('alice@home');
    write('alice.yaml', `customers:\n  alice:\n    keys: ["${key}"]\n    roles: {horatio: owner}\n`);
    write('bob.yaml', 'customers: {bob: {roles: {horatio: {role: watcher, until: 2099-01-01}}}}\n');
    const look = await apply(customers, '--diff');
    assert.deepEqual([look.status, look.stderr], [1, '']);
    assert.match(
      look.stdout,
      /^alice\n {2}\+ the customer\n {2}\+ key SHA256:\S+ \(ssh-ed25519\)\n {2}\+ owner on horatio\nbob\n {2}\+ the customer\n {2}\+ watcher until 2099-01-01T00:00:00\.000Z on horatio\n5 changes to make\n$/,
    );
    assert.deepEqual(
      stored((store) => store.customers.list()),
      [],
    );
    const done = await apply(customers);
    assert.deepEqual([done.status, done.stderr], [0, '']);
    assert.match(done.stdout, /5 changes made\n$/);
    const again = await apply(customers);
    assert.deepEqual([again.status, again.stdout, again.stderr], [0, 'nothing to change\n', '']);
    assert.equal((await apply(customers, '--diff')).status, 0);
    assert.equal(
      stored((store) => store.customers.find(customerName('alice'))?.declared),
      join(customers, 'alice.yaml'),
    );
  });

  it('an edit by hand is refused with the name of the file, and shown in the lists', async () => {
    const no = await postern(['role', 'remove', 'alice', 'horatio', ...settings]);
    assert.deepEqual([no.status, no.stdout], [3, '']);
    assert.ok(no.stderr.includes(`is declared by ${join(customers, 'alice.yaml')}`), no.stderr);
    assert.match(no.stderr, /--take/);
    const list = await postern(['role', 'list', ...settings]);
    assert.match(list.stdout, /DECLARED BY.*\nalice +horatio +owner .*alice\.yaml/);
  });

  it('a problem is told with its place, its line and a suggestion, and nothing is changed', async () => {
    const file = write(
      'bad.yaml',
      'customers:\n  carol:\n    roles: {horatio: ower}\n    keys: [ssh-dss AAAA]\n',
    );
    const bad = await apply(customers);
    assert.deepEqual([bad.status, bad.stdout], [2, '']);
    assert.ok(bad.stderr.includes(`${file}:3:22: \`ower\` is not a role.`), bad.stderr);
    assert.match(bad.stderr, /did you mean `owner`/);
    writeFileSync(file, 'customers:\n  carol:\n    keys:\n      - ssh-dss AAAA\n');
    const weak = await apply(customers, '--diff');
    assert.equal(weak.status, 2);
    assert.ok(weak.stderr.includes(`${file}:4:9: DSA keys are too weak`), weak.stderr);
    rmSync(file);
    assert.equal(
      stored((store) => store.customers.list().length),
      2,
    );
  });

  it('all problems are told in one round: of structure, of names, of keys and of CAs', async () => {
    const file = write(
      'bad.yaml',
      [
        'customers:',
        '  carol:',
        '    roles: {horatio: ower}',
        '    keys: [ssh-dss AAAA]',
        '  dave:',
        '    rolse: {horatio: owner}',
        `    keys: [{key: "${publicKeyLine('dave')}"}, {key: nonsense}, {kye: x}]`,
        '  erin:',
        '    keys: [neither a key]',
        'cas:',
        '  site: {key: not a key, everybody: maybe}',
        '  other: {key: not a key either, everybody: true}',
        '',
      ].join('\n'),
    );
    const torn = write('torn.yaml', 'customers: [\n');
    const before = stored((store) => store.audit.head().seq);
    const bad = await apply(customers, '--prune');
    assert.equal(bad.status, 2);
    const told = [...bad.stderr.matchAll(/^\s*(\S+\.yaml):(\d+):(\d+): /gm)].map(([, of, line]) => [
      of,
      line,
    ]);
    assert.deepEqual(
      told.filter(([of]) => of === file).map(([, line]) => line),
      ['3', '4', '6', '7', '7', '7', '9', '11', '11', '12'],
      bad.stderr,
    );
    assert.ok(
      told.some(([of]) => of === torn),
      bad.stderr,
    );
    assert.equal(
      stored((store) => store.audit.head().seq),
      before,
    );
    for (const each of [file, torn]) rmSync(each);
  });

  it('hostile files are refused, and do not hold it up', async () => {
    const file = join(customers, 'x.yaml');
    const cases: readonly (readonly [make: () => void, says: RegExp])[] = [
      [() => writeFileSync(file, 'x'.repeat(9 * 1024 * 1024)), /It is larger than 8 MiB/],
      [
        () => {
          writeFileSync(file, 'customers: {}');
          chmodSync(file, 0o666);
        },
        /Everybody on this machine may write to it, and so decide who may log in/,
      ],
      [() => symlinkSync('x.yaml', file), /symbolic links go in a circle/],
      [() => writeFileSync(file, Buffer.from([0x63, 0xff, 0xfe])), /This byte is not UTF-8/],
    ];
    for (const [make, says] of cases) {
      make();
      const { status, stderr } = await apply(file);
      rmSync(file);
      assert.equal(status, 2);
      assert.match(stderr, says);
    }
    execFileSync('mkfifo', [file]);
    const fifo = await apply(file);
    assert.deepEqual([fifo.status, /it is not a regular file/.test(fifo.stderr)], [2, true]);
    const among = await apply(customers);
    assert.equal(among.status, 0);
    assert.match(among.stderr, /warning: It is not a regular file and was not read/);
    const pruning = await apply(customers, '--prune', '--yes');
    assert.deepEqual([pruning.status, pruning.stdout], [2, '']);
    assert.match(pruning.stderr, /x\.yaml: It is not a regular file and was not read/);
    rmSync(file);
    const gone = await apply(file);
    assert.deepEqual([gone.status, /there is no such file or directory/.test(gone.stderr)], [2, true]);
    mkdirSync(file);
    assert.match((await apply(file)).stderr, /There are no files of customers in this directory/);
    rmSync(file, { recursive: true });
  });

  it('more than a tenth is pruned only with --yes', async () => {
    const kept = readFileSync(join(customers, 'bob.yaml'), 'utf8');
    rmSync(join(customers, 'bob.yaml'));
    const left = await apply(customers);
    assert.deepEqual([left.status, left.stdout], [0, 'nothing to change\n']);
    assert.match(
      left.stderr,
      /^note: declared by no file any more, and left as it is: bob \(--prune removes it\)\n$/,
    );
    const no = await apply(customers, '--prune');
    assert.deepEqual([no.status, no.stdout], [3, '']);
    assert.match(no.stderr, /nothing was changed: this would remove 1 of 2 declared customers, .*--yes/);
    const yes = await apply(customers, '--prune', '--yes');
    assert.deepEqual(
      [yes.status, yes.stdout],
      [0, 'bob\n  - the customer, with all keys and roles\n1 change made\n'],
    );
    write('bob.yaml', kept);
    assert.equal((await apply(customers)).status, 0);
  });

  it('a text from stdin has a name, and limits that it cannot leave', async () => {
    const limits = ['--as', 'billing', '--only-customers', 'shop-*', '--only-domains', 'shop-*', ...settings];
    const outside = await postern(['apply', '-', ...limits], {
      input: 'customers:\n  alice: {roles: {shop-a: owner}}\n',
    });
    assert.equal(outside.status, 2);
    assert.match(outside.stderr, /^billing:2:3: This is outside of what may be declared here/m);
    const inside = await postern(['apply', '-', ...limits], {
      input: 'customers: {shop-1: {roles: {shop-a: owner}}}',
    });
    assert.deepEqual([inside.status, inside.stderr], [0, '']);
    assert.equal(
      stored((store) => store.roles.find(customerName('shop-1'), domainName('shop-a'))?.declared),
      'billing',
    );
    await postern(['customer', 'suspend', 'shop-1', ...settings]);
    const noted = await postern(['apply', '-', ...limits], { input: 'customers:\n  shop-1: {}\n' });
    assert.equal(noted.status, 0);
    assert.match(noted.stderr, /^billing:2:3: warning: shop-1 is suspended by hand, and stays so/);
    assert.match(noted.stderr, /\nnote: declared by no file any more, .*the role of shop-1 on shop-a/);
    await postern(['customer', 'resume', 'shop-1', ...settings]);
    const path = await postern(['apply', '-', '--as', '../etc', ...settings]);
    assert.equal(path.status, 2);
    const flood = await postern(['apply', '-', ...settings], { input: '#'.repeat(9 * 1024 * 1024) });
    assert.match(flood.stderr, /It is larger than 8 MiB/);
  });

  it('an export is applied without a change, and is written into a new directory only', async () => {
    const out = directory.file('out');
    const written = await postern(['export', out, ...settings]);
    assert.deepEqual([written.status, written.stderr], [0, '']);
    assert.deepEqual(readdirSync(out), ['customer-alice.yaml', 'customer-bob.yaml', 'customer-shop-1.yaml']);
    assert.equal(statSync(join(out, 'customer-alice.yaml')).mode & 0o777, 0o600);
    assert.deepEqual(
      [(await apply(out, '--diff')).status, (await apply(out)).stdout],
      [0, 'nothing to change\n'],
    );
    const again = await postern(['export', out, ...settings]);
    assert.deepEqual([again.status, /is not empty/.test(again.stderr)], [3, true]);
    const all = await postern(['export', ...settings]);
    assert.match(
      all.stdout,
      /^customers:\n {2}alice:\n {4}keys:\n {6}- "ssh-ed25519 \S+ alice@home"\n {4}roles:\n {6}horatio: owner\n/,
    );
  });
});
