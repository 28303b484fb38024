import assert from 'node:assert/strict';
import type { Account } from '../../../server/cli/import/accounts.js';
import { SudoPolicy } from '../../../server/cli/import/sudo-rights.js';
import { parseSudoersLine } from '../../../server/cli/import/sudoers-line.js';
import type { SudoersLine } from '../../../server/cli/import/sudoers-line.js';
import { logicalLines } from '../../../server/cli/import/sudoers-text.js';

const FILE = '/etc/sudoers';

function account(name: string, ...groups: string[]): Account {
  return { name, uid: 1001, home: `/home/${name}`, shell: '/bin/sh', groups, groupIds: [1001] };
}

/** `console horatio :3` for each right, `every :1` for a right to everything. */
function rights(text: string, who: Account | string): string[] {
  const lines = logicalLines(text).map(({ text: line, line: number }): SudoersLine => {
    const parsed = parseSudoersLine(line, { file: FILE, line: number });
    return typeof parsed === 'string' ? assert.fail(`${parsed}: ${line}`) : parsed;
  });
  const policy = new SudoPolicy(lines, 'verona', ['xencontrol']);
  const { named, every } = policy.of(typeof who === 'string' ? account(who) : who);
  return [
    ...named.map(({ verb, word, place }) => `${verb} ${word} :${place.line}`),
    ...(every === null ? [] : [`every :${every.line}`]),
  ];
}

describe('import: sudoers', () => {
  it('says which domains in the lines of the Book of Xen', () => {
    const text = `
Defaults env_reset
alice ALL=NOPASSWD:/usr/sbin/xm console horatio
marlowe ALL=NOPASSWD:/usr/sbin/xm create goneril
marlowe ALL=NOPASSWD:/usr/sbin/xm create -c goneril
marlowe ALL=NOPASSWD:/usr/sbin/xm list regan
`;
    assert.deepEqual(rights(text, 'alice'), ['console horatio :3']);
    assert.deepEqual(rights(text, 'marlowe'), ['create goneril :5'], 'and looking at one is no right');
    assert.deepEqual(rights(text, 'bob'), []);
  });

  it('is read with aliases, groups, lists, tags, continued lines and comments', () => {
    const text = `
# the customers
User_Alias WEST = alice, %west, #1001 : EAST = bob
Cmnd_Alias HORATIO = /usr/sbin/xl console horatio, \\
                     /usr/sbin/xl reboot horatio # both
Host_Alias XEN = verona, padua
WEST XEN = (root) NOPASSWD: NOEXEC: HORATIO, sha224:abcd /usr/bin/xencontrol yorick
bob, carol padua = /usr/sbin/xl console p1 : verona = NOPASSWD: /usr/sbin/xl console v1
`;
    const west = ['console horatio :7', 'reboot horatio :7', 'xencontrol yorick :7'];
    assert.deepEqual(rights(text, 'alice'), west);
    assert.deepEqual(rights(text, { ...account('dora', 'west'), uid: 1009 }), west);
    assert.deepEqual(rights(text, { ...account('erin'), uid: 1001 }), west, 'by number');
    assert.deepEqual(rights(text, { ...account('bob'), uid: 7 }), ['console v1 :8'], 'on this host alone');
  });

  it('takes away again what a later rule denies', () => {
    const text = `
alice ALL=/usr/sbin/xm console horatio, /usr/sbin/xm console ophelia
alice ALL=!/usr/sbin/xm console horatio
bob ALL=/usr/sbin/xm console horatio
bob ALL=!/usr/sbin/xm
ALL, !carol ALL=/usr/sbin/xm console shared
`;
    assert.deepEqual(rights(text, 'alice'), ['console ophelia :2', 'console shared :6']);
    assert.deepEqual(rights(text, 'bob'), ['console shared :6']);
    assert.deepEqual(rights(text, 'carol'), []);
  });

  it('does not take a right to everything, or by a pattern, for one domain', () => {
    for (const command of [
      'ALL',
      '/usr/sbin/xm',
      '/usr/sbin/',
      '/usr/sbin/xm console xen*',
      '/usr/sbin/xl *',
      '^/usr/sbin/xl console .*$',
    ]) {
      const found = rights(`alice ALL=NOPASSWD: ${command}`, 'alice');
      assert.ok(
        found.every((one) => one.startsWith('every')),
        `${command}: ${found.join()}`,
      );
    }
    assert.deepEqual(rights('alice ALL=(www-data) /usr/sbin/xm console horatio', 'alice'), [], 'not as root');
    assert.deepEqual(rights('alice ALL=() /usr/sbin/xm console horatio', 'alice'), [], 'as themselves');
    assert.deepEqual(
      rights('alice ALL=NOTAFTER=20200101000000Z /usr/sbin/xm console horatio', 'alice'),
      [],
      'for a time that may be over',
    );
  });

  it('takes a pattern for neither any domain nor one of them, and what it denies for all', () => {
    for (const command of ['console xen*', 'console xen[0-9][0-9]', 'reboot vm-?', 'console -t pv xen*'])
      assert.deepEqual(
        rights(`%xenusers ALL= NOPASSWD: /usr/sbin/xm ${command}`, account('xen01', 'xenusers')),
        [],
        command,
      );
    for (const command of ['console *', '*', 'con* xen01', 'console [a-z]*'])
      assert.deepEqual(rights(`alice ALL= /usr/sbin/xm ${command}`, 'alice'), ['every :1'], command);
    const both = 'alice ALL= /usr/sbin/xm console xen01, /usr/sbin/xm console xen*';
    assert.deepEqual(rights(both, 'alice'), ['console xen01 :1']);
    assert.deepEqual(rights(`${both}\nalice ALL= !/usr/sbin/xm console xen*`, 'alice'), []);
  });

  it('goes round no circle of aliases', () => {
    const text = `
Cmnd_Alias A = B
Cmnd_Alias B = A, /usr/sbin/xm console horatio
User_Alias U = V
User_Alias V = U, alice
U ALL = A
`;
    assert.deepEqual(rights(text, 'alice'), ['console horatio :6']);
  });

  it('says where it is not understood', () => {
    for (const line of ['alice', 'alice ALL', 'alice ALL =', 'User_Alias x = y', '= ALL', 'alice ALL = "']) {
      assert.equal(typeof parseSudoersLine(line, { file: FILE, line: 1 }), 'string', line);
    }
    assert.deepEqual(parseSudoersLine('@includedir /etc/sudoers.d', { file: FILE, line: 1 }), {
      kind: 'include',
      path: '/etc/sudoers.d',
      directory: true,
    });
    assert.deepEqual(
      logicalLines('#include /etc/more\n# no \\\nalice ALL=ALL').map(({ line }) => line),
      [1, 3],
    );
  });
});
