import assert from 'node:assert/strict';
import { guestPromptOf } from '../../../server/gate/console/guest-prompt.js';
import type { GuestPrompt } from '../../../server/gate/console/guest-prompt.js';
import type { ScreenText } from '../../../server/wire/console.js';

const screen = (...lines: readonly string[]): ScreenText => ({ lines, below: false, alternate: false });

describe('seemingOf', () => {
  /** The cursor's line, up to the cursor. */
  const table: Readonly<Record<GuestPrompt, readonly string[]>> = {
    shell: [
      'root@horatio:~# ',
      'ada@horatio:/var/log$ ',
      'ada@horatio:/srv/my files$ ',
      '(venv) ada@horatio:~$ ',
      '[root@horatio ~]# ',
      '[ada@horatio log]$ ',
      'bash-5.2# ',
      'sh-5.1$ ',
      '# ',
      '$ ',
      '/ # ',
      '~ $ ',
      '/root # ',
      'horatio:~# ',
      'alpine:/etc# ',
      'horatio% ',
      'horatio# ',
      'web1% ',
      '% ',
      'ada@horatio ~ % ',
      'ada@horatio ~> ',
      'root@horatio ~# ',
      'ada@horatio /v/log> ',
      '(initramfs) ',
      '❯ ',
      '➜  ~ ',
      '➜  postern git:(main) ',
      'root@OpenWrt:/# ',
    ],
    'shell-typing': [
      'root@horatio:~# ls -',
      'ada@horatio:~$ sudo rm -rf /tmp/x',
      '[root@horatio ~]# vi',
      'sh-5.1$ echo $',
      '/ # ps',
      '~ $ cat /etc/pa',
      '(initramfs) mou',
      'ada@horatio ~> git',
    ],
    login: [
      'horatio login: ',
      'horatio login: root',
      'login: ',
      'Password: ',
      'root@192.0.2.1’s password: ',
      '[sudo] password for ada: ',
      'Password for root: ',
      'Please unlock disk xvda5_crypt passphrase: ',
      'Username: ',
      'Enter passphrase for key: ',
    ],
    other: [
      '',
      '[   12.345678] EXT4-fs (xvda1): mounted filesystem with ordered data mode.',
      '[  OK  ] Started Journal Service.',
      'grub> ',
      'grub rescue> ',
      'mysql> ',
      'MariaDB [(none)]> ',
      'postgres=# ',
      'postgres=> ',
      'mydb-# ',
      'sqlite> ',
      '>>> ',
      '... ',
      '> ',
      'ftp> ',
      'gdb> ',
      '100% ',
      'Fetched 12.5 % ',
      'Unpacking linux-image-6.1 (6.1.0-18) ... ',
      'Do you want to continue? [Y/n] ',
      'Give root password for maintenance',
      '(or press Control-D to continue) ',
      '-- INSERT --',
      '(END)',
      ':',
      '--More--',
      'The highlighted entry will be executed automatically in 3s.',
      'price in $: 12',
      `${'x'.repeat(250)}# `,
    ],
  };

  for (const [seeming, lines] of Object.entries(table)) {
    for (const line of lines) {
      it(`${JSON.stringify(line.slice(0, 60))} is ${seeming}`, () => {
        assert.equal(guestPromptOf(screen('Last login: Sat Nov 21', line)), seeming);
      });
    }
  }

  it('takes no prompt for one that stands above something: an editor, an installer, a boot menu', () => {
    const prompt = screen('root@horatio:~# ');
    assert.equal(guestPromptOf({ ...prompt, below: true }), 'other');
    assert.equal(guestPromptOf({ ...prompt, alternate: true }), 'other');
    assert.equal(guestPromptOf({ ...screen('~', '# '), below: true }), 'other');
  });

  it('is quick on the worst that a guest can show', () => {
    const bad = [
      'a@'.repeat(100),
      ' '.repeat(200),
      `${'a '.repeat(99)}%`,
      `➜ ${'a'.repeat(190)}`,
      '='.repeat(200),
    ];
    for (const line of bad) assert.equal(typeof guestPromptOf(screen(line)), 'string');
  });
});
