import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { SimulatedXen } from '../support/simulated-xen.js';
import type { TerminalClient } from '../support/terminal-client.js';

const FIRST_BYTES = '[    0.000000] Linux version ';
/** The end of an installed guest's prompt. */
const PROMPT = '\x1b[1;34m~\x1b[0m# ';

describe('a simulated console', () => {
  let xen: SimulatedXen;

  before(async () => {
    const domains = [{ name: 'horatio' }, { name: 'ophelia', brokenFstab: true }];
    xen = await SimulatedXen.install({ timeScale: 0.02, domains });
  });

  afterEach(async () => {
    for (const { name } of xen.rows()) if (name !== 'Domain-0') await xen.xl('destroy', name);
  });

  after(() => xen.remove());

  /** Opens a terminal on horatio's root shell. */
  async function shell(): Promise<TerminalClient> {
    await xen.start('horatio');
    const console = xen.console('horatio');
    await console.receives('horatio login: ');
    console.type('root\r');
    await console.receives(PROMPT);
    return console;
  }

  async function leave(console: TerminalClient): Promise<void> {
    console.type('\x1d');
    assert.equal(await console.ends(), 0);
  }

  it('has one client: a second one is told so, and the first one notices nothing', async () => {
    const first = await shell();
    const second = xen.console('horatio');
    assert.equal(await second.ends(), 11);
    assert.match(
      second.raw,
      /^xenconsole: Could not lock \/var\/lock\/xenconsole\.\d+: Resource temporarily unavailable\r\n$/,
    );
    first.type('echo still $((40+2))\r');
    await first.receives('still 42');
    await leave(first);
    const third = xen.console('horatio');
    third.type('echo free $((1+1))\r');
    await third.receives('free 2');
    third.kill();
    const fourth = xen.console('horatio');
    fourth.type('echo killed $((1+1))\r');
    await fourth.receives('killed 2');
  });

  it('gives what was said while nobody was there to the next client, once', async () => {
    await xen.start('horatio');
    const first = xen.console('horatio');
    await first.receives('login: ');
    assert.ok(first.raw.startsWith(FIRST_BYTES), 'from the first byte');
    first.type('root\r');
    await first.receives(PROMPT);
    first.type('sleep 5; echo unseen $((40+2))\r');
    await first.receives('unseen');
    await leave(first);
    await xen.idle('horatio');
    const second = xen.console('horatio');
    await second.receives('unseen 42');
    assert.ok(!second.raw.includes('Linux version'));
    await leave(second);
    const third = xen.console('horatio');
    third.type('\r');
    await third.receives(PROMPT);
    assert.ok(!third.raw.includes('unseen'));
  });

  it('gives what a client that was ended had not shown to its terminal or to the next client, once', async () => {
    const first = await shell();
    first.type('sleep 5; echo unseen $((40+2)); echo said >/root/said\r');
    await first.receives('/root/said');
    process.kill(first.pid, 'SIGSTOP');
    await eventually('the words', () => existsSync(xen.diskFile('horatio', '/root/said')));
    process.kill(first.pid, 'SIGHUP');
    process.kill(first.pid, 'SIGCONT');
    await first.ends();
    const second = xen.console('horatio');
    second.type('echo next $((1+1))\r');
    await second.receives('next 2');
    assert.equal(`${first.raw}${second.raw}`.split('unseen 42').length, 2);
  });

  it('sees a boot from its first byte when it was attached before the domain was unpaused', async () => {
    await xen.xl('create', '-q', '-p', xen.config('horatio'));
    const console = xen.console('horatio');
    const domid = xen.row('horatio')?.domid ?? 0;
    await eventually('the lock', () =>
      existsSync(join(xen.host.directory, 'var/lock', `xenconsole.${domid}`)),
    );
    await xen.xl('unpause', 'horatio');
    await console.receives('login: ');
    assert.ok(console.raw.startsWith(FIRST_BYTES));
  });

  for (const [what, text] of Object.entries({
    'without a line end': 'x',
    'of commands': 'echo $((1+1))\r',
    'of what no shell likes': '\x15\x1b[A$(((\xff`"|;&\x17\t\r',
  })) {
    it(`outlives a paste of a megabyte ${what}`, async () => {
      const console = await shell();
      console.type(text.repeat(Math.ceil(1_000_000 / text.length)));
      console.type('\x03\r');
      await eventually(
        'the guest to have read it',
        () => {
          console.type('\x03\recho after $((40+2))\r');
          return console.raw.slice(-100_000).includes('after 42');
        },
        { everyMs: 300 },
      );
      assert.equal(xen.rows().length, 2, 'the domain is there');
      console.kill();
    });
  }

  it('ends at Ctrl-] alone, and passes it on among other bytes', async () => {
    const console = await shell();
    console.type('echo A\x1dB\r');
    await console.receives('echo A^]B');
    await console.receives(/\nA\x1dB\r/);
    await leave(console);
  });

  it('ends silently with status 0 when the domain reboots, and when it is destroyed', async () => {
    const console = await shell();
    console.type('reboot\r');
    assert.equal(await console.ends(), 0);
    assert.match(console.raw, /reboot: Restarting system\r\n$/);
    await eventually('the next incarnation', () => xen.row('horatio')?.state === '-b----');
    const next = xen.console('horatio');
    await next.receives('login: ');
    await xen.xl('destroy', 'horatio');
    assert.equal(await next.ends(), 0);
  });

  it('takes no input without a terminal', async () => {
    await xen.start('horatio');
    const client = spawn(xen.host.xl, ['console', 'horatio'], { stdio: ['pipe', 'pipe', 'ignore'] });
    let said = '';
    client.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
    client.stdin.end('root\r\x1d');
    await eventually('the boot', () => said.endsWith('login: '));
    client.kill();
    await once(client, 'close');
    const console = xen.console('horatio');
    console.type('x\r');
    await console.receives('Password: ');
    assert.ok(!console.raw.includes('root'));
  });

  it('stands still with its domain, and what was typed meanwhile is not lost', async () => {
    const console = await shell();
    await xen.xl('pause', 'horatio');
    const said = console.raw;
    console.type('echo paused $((40+2))\r');
    // Both are recorded (11-pause): the blocked flag stays for a moment.
    assert.match(xen.row('horatio')?.state ?? '', /^-[b-]p---$/);
    assert.equal(console.raw, said);
    await xen.xl('unpause', 'horatio');
    await console.receives('paused 42');
  });

  it('carries a flood without loss, and stops at Ctrl-C', async () => {
    const console = await shell();
    console.type('seq 20000\r');
    await console.receives('\r\n20000\r\n');
    const numbers = [...console.raw.matchAll(/^(\d+)\r$/gm)].map(([, number]) => Number(number));
    assert.equal(numbers.length, 20_000);
    assert.ok(numbers.every((number, index) => number === index + 1));

    console.type('clear; flood 100000; echo; echo end-of-$((1+0))\r');
    await console.receives('end-of-1');
    const flood = console.raw.slice(
      console.raw.lastIndexOf('\x1b[2J') + 4,
      console.raw.lastIndexOf('\r\nend-of-1'),
    );
    assert.equal(flood.length, 100_000);

    console.type('yes\r');
    await console.receives('y\r\ny\r\n');
    console.type('\x03');
    await console.receives('^C');
    console.type('echo calm $((1+1))\r');
    await console.receives('calm 2');
  });

  it('edits lines: backspace, Ctrl-U, arrows, answers to questions for the cursor', async () => {
    const console = await shell();
    console.type('echo ab\x7fc\r');
    await console.receives('\nac\r');
    console.type('nonsense\x15echo \x1b[24;80Rkept\r');
    await console.receives('\nkept\r');
    console.type('\x1b[A\x1b[A\r');
    await eventually('ac again', () => console.raw.split('\nac\r').length === 3);
    console.type('\x04');
    await console.receives(/login: $/);
  });

  it('tells the story of a disk that is mended in rescue, and stays mended', async () => {
    await xen.start('ophelia');
    const broken = xen.console('ophelia');
    await broken.receives('ALERT!  /dev/xvdz does not exist.  Dropping to a shell!');
    await broken.receives('(initramfs) ');
    assert.equal((await xen.xl('shutdown', 'ophelia')).status, 0, 'the kernel acknowledges');
    broken.type('echo nobody is $((1-1)) listening\r');
    await broken.receives('nobody is 0 listening');
    await xen.xl('destroy', 'ophelia');
    assert.equal(await broken.ends(), 0);

    const disks = [`file:${xen.diskFile('ophelia', '')},xvda,w`, `file:${xen.host.rescueDisk},xvdb,r`];
    await xen.start(
      'ophelia',
      `kernel="${xen.host.rescueKernel}"`,
      `ramdisk="${xen.host.rescueRamdisk}"`,
      `disk=["${disks.join('","')}"]`,
    );
    const rescue = xen.console('ophelia');
    await rescue.receives('*** RESCUE MODE ***');
    await rescue.receives('/root # ');
    rescue.type('echo x >/mnt/x; mount /dev/xvdb /mnt; echo x >/mnt/x; umount /mnt\r');
    await rescue.receives('write-protected, mounted read-only');
    await rescue.receives("can't create /mnt/x: Read-only file system");
    rescue.type('mount /dev/xvda /mnt\r');
    rescue.type('cat /mnt/etc/fstab\r');
    await rescue.receives('/dev/xvdz / ext4');
    rescue.type("sed -i 's/xvdz/xvda/' /mnt/etc/fstab\r");
    rescue.type('umount /mnt\r');
    rescue.type('poweroff\r');
    assert.equal(await rescue.ends(), 0);
    await xen.gone('ophelia');
    assert.match(await readFile(xen.diskFile('ophelia', 'etc/fstab'), 'utf8'), /^\/dev\/xvda \/ ext4/m);

    await xen.start('ophelia');
    const mended = xen.console('ophelia');
    await mended.receives('ophelia login: ');
  });

  it('shows a panic and SysRq', async () => {
    const console = await shell();
    await xen.xl('sysrq', 'horatio', 'h');
    await console.receives('sysrq: HELP : loglevel(0-9) reboot(b) crash(c)');
    await xen.xl('sysrq', 'horatio', 's');
    await console.receives('Emergency Sync complete');
    console.type('panic\r');
    await console.receives('Kernel panic - not syncing');
    assert.equal(await console.ends(), 0);
    await xen.gone('horatio');
    await xen.start('horatio');
    const next = xen.console('horatio');
    await next.receives('Linux version');
    await xen.xl('sysrq', 'horatio', 'b');
    assert.equal(await next.ends(), 0);
    await eventually('the reboot', () => xen.row('horatio')?.state === '-b----');
  });

  it('is what xl create -c shows', async () => {
    const { TerminalClient } = await import('../support/terminal-client.js');
    const console = new TerminalClient(xen.host.xl, ['create', '-c', xen.config('horatio')]);
    await console.receives('login: ');
    assert.match(console.raw, /^Parsing config from .*horatio\.cfg\r\n\[ {4}0\.000000\] Linux version/);
    console.type('root\r');
    await console.receives(PROMPT);
    console.type('poweroff\r');
    assert.equal(await console.ends(), 0);
  });
});
