import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { importOf } from '../../support/import-of.js';
import { IS_ROOT, OldDom0 } from '../../support/old-dom0.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const OPTIONS = 'no-agent-forwarding,no-X11-forwarding,no-port-forwarding';

describe('import: what becomes of a host', () => {
  let directory: TemporaryDirectory;
  let host: OldDom0;

  beforeEach(() => {
    directory = new TemporaryDirectory();
    host = new OldDom0(directory.file('r'), directory.file('keys'));
    for (const name of ['horatio', 'ophelia', 'yorick']) host.domain(name);
  });

  afterEach(() => {
    directory.dispose();
  });

  it('of the Book of Xen: a forced command, and the line in sudoers that lets it', () => {
    const alice = host.account('alice');
    host.append('etc/sudoers', 'alice ALL=NOPASSWD:/usr/sbin/xm console horatio\n');
    host.authorizedKeys(
      alice,
      `${OPTIONS},command="sudo xm console horatio" ${alice.publicKey} alice@home\n`,
    );
    assert.deepEqual(importOf(host.root), { domains: { alice: 'horatio' }, keys: { alice: 1 }, said: [] });
  });

  it('of xen-shell: its lines in the configurations, and the account called like a domain', () => {
    const bob = host.account('bob', '/usr/bin/xen-login-shell');
    const steve = host.account('steve', '/bin/bash');
    host.domain('ophelia', "xen_shell = 'Bob, steve, nobody'\nxen_shell_blacklist = 'top'\n");
    for (const one of [bob, steve]) host.authorizedKeys(one, `${one.publicKey}\n`);
    const yorick = host.account('yorick', '/usr/local/bin/xen-login-shell');
    host.authorizedKeys(yorick, `${yorick.publicKey}\n`);
    const seen = importOf(host.root);
    assert.deepEqual(seen.domains, { bob: 'ophelia', steve: 'ophelia' });
    assert.match(seen.said.join('\n'), /left \/etc\/xen\/ophelia\.cfg:4: xen_shell names nobody/);
    assert.match(seen.said.join('\n'), /ophelia\.cfg:5: xen_shell_blacklist of ophelia is not taken over/);
    assert.match(seen.said.join('\n'), /problem \/home\/yorick\/.*:1: yorick is a domain's name/);
    assert.deepEqual(importOf(host.root, { suffix: '-c' }).domains['yorick-c'], 'yorick');
    assert.deepEqual(
      importOf(host.root, { renames: new Map([['yorick', 'yvonne']]) }).domains['yvonne'],
      'yorick',
    );
  });

  it('of DTC-Xen: a login shell that is named, and a group with a pattern in sudoers', () => {
    host.domain('xen01');
    const owner = host.account('xen01', '/usr/bin/dtc-xen_userconsole');
    host.append('etc/sudoers', 'xen01 ALL= NOPASSWD: /usr/sbin/xm console xen*\n');
    host.authorizedKeys(owner, `${owner.publicKey}\n`);
    const without = importOf(host.root, { suffix: '-c' });
    assert.deepEqual(without.domains, {});
    assert.match(without.said.join('\n'), /no file gives xen01 a domain: no customer/);
    for (const shell of ['dtc-xen_userconsole', '/usr/bin/dtc-xen_userconsole'])
      assert.deepEqual(importOf(host.root, { suffix: '-c', shells: [shell] }).domains, {
        'xen01-c': 'xen01',
      });
    assert.deepEqual(importOf(host.root, { suffix: '-c', shells: ['/bin/dtc-xen_userconsole'] }).domains, {});
  });

  it('takes no rights from the beginning of an expression: base + "01" is not the domain base', () => {
    const bob = host.account('bob', '/usr/bin/xen-login-shell');
    host.authorizedKeys(bob, `${bob.publicKey}\n`);
    host.write('etc/xen/web01.cfg', 'base = "ophelia"\nname = base + "01"\nxen_shell = "bob"\n');
    host.domain('horatio', "xen_shell = 'bo' + 'b'\n");
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, {});
    assert.match(said.join('\n'), /web01\.cfg:1: .*the name is an expression: the file is left out/);
    assert.match(
      said.join('\n'),
      /horatio\.cfg:4: xen_shell of horatio is an expression: import takes no customer from it/,
    );
  });

  it('finds domains by their configuration files too, and passes over rights to what is gone', () => {
    const alice = host.account('alice');
    host.write('etc/xen/goneril', 'name = "regan"\n');
    host.write(
      'etc/sudoers.d/alice',
      'alice ALL = /usr/sbin/xm create -c goneril, /usr/sbin/xm console gone\n',
    );
    host.write('etc/sudoers.d/alice.bak', 'alice ALL = /usr/sbin/xm console horatio\n');
    host.append('etc/sudoers', '@includedir sudoers.d\n');
    host.authorizedKeys(alice, `command="xencontrol regan" ${alice.publicKey}\n`);
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, { alice: 'regan' });
    assert.deepEqual(said, [
      'left /etc/sudoers.d/alice:1: alice may console gone, but no configuration file has that name',
    ]);
  });

  it('is nobody’s where a name stands in two files', () => {
    const alice = host.account('alice');
    host.write('etc/xen/copy.cfg', 'name = "horatio"\n');
    host.append('etc/sudoers', 'alice ALL=/usr/sbin/xl console horatio\n');
    host.authorizedKeys(alice, `${alice.publicKey}\n`);
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, {});
    assert.match(said.join('\n'), /\/etc\/xen\/copy\.cfg has the name horatio too/);
  });

  it('gives what only the customer’s own file claims to nobody, unless told to', () => {
    const mallory = host.account('mallory');
    host.append('etc/sudoers', '%users ALL=NOPASSWD: /usr/sbin/xm\n');
    host.append('etc/group', 'users:x:100:mallory\n');
    host.append('etc/sudoers', 'mallory ALL=/usr/sbin/xm console yorick\n');
    host.authorizedKeys(mallory, `command="sudo xm console ophelia" ${mallory.publicKey}\n`);
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, {}, 'nor does a right to all of xm say that it is theirs');
    assert.match(said[0] ?? '', /^left .*authorized_keys:1: only this file gives ophelia to the key/);
    assert.match(said[1] ?? '', /^problem \/etc\/sudoers:3: mallory may work on yorick, but has no key/);
    assert.deepEqual(importOf(host.root, { trustAuthorizedKeys: true }).domains, { mallory: 'ophelia' });
  });

  it('believes a forced command in a file that only administrators can write', function () {
    if (!IS_ROOT) this.skip();
    const alice = host.account('alice');
    host.write('etc/ssh/authorized_keys/alice', `command="xencontrol horatio" ${alice.publicKey}\n`);
    const pattern = '/etc/ssh/authorized_keys/*';
    assert.deepEqual(importOf(host.root, { pattern }).domains, { alice: 'horatio' });
    const file = join(host.root, 'etc/ssh/authorized_keys/alice');
    host.give(file, alice.uid);
    assert.deepEqual(importOf(host.root, { pattern }).domains, {}, 'it is hers to write now');
    host.give(file, 0);
    chmodSync(join(host.root, 'etc/ssh'), 0o777);
    assert.deepEqual(importOf(host.root, { pattern }).domains, {}, 'others can put another directory there');
    chmodSync(join(host.root, 'etc/ssh'), 0o755);
    assert.deepEqual(importOf(host.root, { pattern }).domains, { alice: 'horatio' });
  });

  it('does not let keys of one account reach more than they do', () => {
    const alice = host.account('alice');
    const helper = host.account('helper').publicKey;
    host.append('etc/sudoers', 'alice ALL=/usr/sbin/xm console horatio, /usr/sbin/xm console ophelia\n');
    const lines = [
      `command="sudo xm console horatio" ${alice.publicKey}`,
      `command="sudo xm console ophelia" ${helper}`,
    ];
    host.authorizedKeys(alice, `${lines.join('\n')}\n`);
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, {});
    assert.match(
      said.join('\n'),
      /problem .*:2: this key of alice is for ophelia, and the key on line 1 is for horatio/,
    );
    assert.deepEqual(importOf(host.root, { merge: true }).domains, { alice: 'horatio, ophelia' });
  });

  it('takes no key that is for something else, is weak, has expired, or would lose what limits it', () => {
    const alice = host.account('alice');
    host.append('etc/sudoers', 'alice ALL=/usr/sbin/xm console horatio\n');
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => host.account(name).publicKey);
    host.authorizedKeys(
      alice,
      [
        `# hers`,
        `command="rsync --server . /" ${a ?? ''}`,
        `ssh-dss AAAAB3NzaC1kc3MAAACBAP alice@old`,
        `expiry-time="20200101" ${b ?? ''}`,
        `from="192.0.2.1" ${c ?? ''}`,
        `cert-authority ${d ?? ''}`,
        `command="sudo xm console horatio",pty,restrict ${alice.publicKey}`,
        '',
      ].join('\n'),
    );
    const { keys, said } = importOf(host.root);
    assert.deepEqual(keys, { alice: 1 });
    assert.deepEqual(
      said.map((one) => one.replace(/^(\w+) \S+:(\d+): (.{1,30}).*$/, '$1 $2 $3')),
      [
        'left 2 what this key is forced to is ',
        'problem 3 DSA keys are too weak: make a ',
        'left 4 this key has expired',
        'problem 5 its from= is not taken over wi',
        'left 6 this is the key of an authorit',
      ],
    );
    assert.deepEqual(importOf(host.root, { dropFrom: true }).keys, { alice: 2 });
  });

  it('takes a key that two accounts have for each, and says so', () => {
    const alice = host.account('alice');
    const bob = host.account('bob');
    host.append(
      'etc/sudoers',
      'alice ALL=/usr/sbin/xm console horatio\nbob ALL=/usr/sbin/xm console yorick\n',
    );
    host.authorizedKeys(alice, `${alice.publicKey}\n`);
    host.authorizedKeys(bob, `${bob.publicKey}\n${alice.publicKey}\n`);
    const { keys, said } = importOf(host.root);
    assert.deepEqual(keys, { alice: 1, bob: 2 });
    assert.match(
      said.join('\n'),
      /^note \/home\/bob\/\.ssh\/authorized_keys:2: bob has the same key as alice \(SHA256:/,
    );
  });

  it('makes no customers of administrators, of people without a domain, nor of accounts that are no names', () => {
    const admin = host.account('admin1');
    const guest = host.account('guest');
    const odd = host.account('Odd_One');
    host.append('etc/sudoers', 'admin1 ALL=(ALL) ALL\nOdd_One ALL=/usr/sbin/xm console horatio\n');
    host.append('etc/passwd', 'daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n');
    host.append('etc/sudoers', 'ALL, !admin1, !guest ALL=/usr/sbin/xm console horatio\n');
    for (const one of [admin, guest, odd]) host.authorizedKeys(one, `${one.publicKey}\n`);
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, {});
    assert.match(
      said[0] ?? '',
      /admin1 may do anything to any domain \(\/etc\/sudoers:2\): an administrator/,
    );
    assert.match(said[1] ?? '', /left .*no file gives guest a domain/);
    assert.match(said[2] ?? '', /problem .*"Odd_One" cannot be a customer's login .*--rename Odd_One=OTHER/);
    assert.equal(said.length, 3, 'and nothing of accounts of the system');
    assert.deepEqual(importOf(host.root, { renames: new Map([['Odd_One', 'odd']]) }).domains, {
      odd: 'horatio',
    });
  });

  it('takes no word of a file that others than root can write', () => {
    const alice = host.account('alice');
    host.authorizedKeys(alice, `${alice.publicKey}\n`);
    host.domain('horatio', "xen_shell = 'alice'\n");
    chmodSync(join(host.root, 'etc/xen/horatio.cfg'), 0o666);
    host.append('etc/sudoers', 'alice ALL=/usr/sbin/xm console yorick\n');
    chmodSync(join(host.root, 'etc/sudoers'), 0o662);
    const { domains, said } = importOf(host.root);
    assert.deepEqual(domains, {});
    assert.match(said.join('\n'), /problem \/etc\/sudoers:1: .*users other than root can write to it/);
    assert.match(said.join('\n'), /horatio\.cfg is not trusted: users other than root can write to it/);
  });
});
