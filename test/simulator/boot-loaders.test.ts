import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { eventually } from '../support/eventually.js';
import { SimulatedXen } from '../support/simulated-xen.js';
import type { TerminalClient } from '../support/terminal-client.js';
import { recordingText } from './recording.js';

const DOWN = '\x1b[B';
const UP = '\x1b[A';
const REVERSE_ENTRY = /\x1b\[30m\x1b\[47m\x1b\[\d+;3H\*([^\x1b]*?) *\x1b/g;

/** GRUB's output from its title on, without the progress of its reads, which depends on the machine. */
function drawn(text: string, from: string, to: string): string {
  const plain = text.replaceAll('\r', '').replace(/\x1b\[\d+;\d+H {6}\[ [^\]]*\]\x1b\[\d+;\d+H/g, '');
  const begin = plain.indexOf(from);
  assert.notEqual(begin, -1, from);
  return plain.slice(begin, plain.indexOf(to, begin));
}

/** Linux' command line; the lines of the boot log end it. */
function commandLine(client: TerminalClient): string | undefined {
  return /\] Command line: (.*)\r/.exec(client.raw)?.[1];
}

describe('boot loaders of simulated domains', () => {
  let xen: SimulatedXen;

  beforeEach(async () => {
    xen = await SimulatedXen.install({
      timeScale: 0.03,
      domains: [
        { name: 'horatio', bootloader: 'pvgrub' },
        { name: 'ophelia', bootloader: 'pygrub' },
      ],
    });
  });

  afterEach(() => xen.remove());

  const create = (domain: string, ...overrides: string[]) =>
    xen.xl('create', '-q', xen.config(domain), ...overrides);
  const withRescueDisk = (domain: string): string =>
    `disk=["file:${xen.host.rescueDisk},xvdz,r","file:${xen.diskFile(domain, '').replace(/\/$/, '')},xvda,w"]`;
  const chosen = (client: TerminalClient): string | undefined =>
    [...client.raw.matchAll(REVERSE_ENTRY)].at(-1)?.[1];

  it("PV-GRUB draws the menu of the disk's grub.cfg as it was recorded, counts down and boots", async () => {
    const recorded = recordingText('50-pvgrub-grubcfg');
    const entry = (title: string, from: string): string =>
      `menuentry "${title}" {\n  linux /boot/vmlinux.gz root=/dev/xvda ro console=hvc0 domname=horatio from=${from}\n}\n`;
    const menu = `set timeout=2\n${entry('horatio normal', 'grubcfg')}${entry('horatio single user', 'single')}`;
    await writeFile(xen.diskFile('horatio', 'boot/grub/grub.cfg'), menu);
    await create('horatio');
    const console = xen.console('horatio');
    await console.receives('horatio login: ');
    const [from, to] = ['\x1b[30m\x1b[47mWelcome to GRUB!', '\x1b[22;1H   The highlighted'] as const;
    assert.equal(drawn(console.raw, from, to), drawn(recorded, from, to));
    const count = 'The highlighted entry will be executed automatically in';
    assert.match(console.raw, new RegExp(`${count} 2s[^]*${count} 1s[^]*Booting \`horatio normal'`));
    assert.equal(
      commandLine(console),
      /\] Command line: (.*)/.exec(recorded)?.[1],
      'nothing of the configuration, all from the menu',
    );
  });

  it('PV-GRUB is moved by keys, and stays where it is then; Enter boots', async () => {
    const entries = Array.from({ length: 14 }, (_, index) => {
      return `menuentry 'entry ${index}' {\n  linux /boot/vmlinux.gz number=${index}\n}\n`;
    });
    await writeFile(xen.diskFile('horatio', 'boot/grub/grub.cfg'), `set timeout=30\n${entries.join('')}`);
    await create('horatio');
    const console = xen.console('horatio');
    await console.sees('automatically in');
    console.type(DOWN);
    await console.seesNo('automatically in');
    await eventually('the second entry', () => chosen(console) === 'entry 1');
    console.type(UP + UP);
    await eventually('the first entry', () => chosen(console) === 'entry 0');
    console.type(DOWN.repeat(20));
    await console.sees(/\*entry 13/);
    await console.seesNo(/entry 2 /);
    console.type(`${UP}\r`);
    await console.receives("Booting `entry 12'");
    await console.receives('horatio login: ');
    assert.equal(commandLine(console), 'number=12');
  });

  it('PV-GRUB offers a prompt when no disk has a menu, as it was recorded, and from it boots by hand', async () => {
    await rm(xen.diskFile('horatio', 'boot/grub/grub.cfg'));
    await create('horatio', 'extra="(hd0)/boot/grub/menu.lst"');
    const console = xen.console('horatio');
    await console.receives('grub> ');
    const [from, to] = ['\x1b[30m\x1b[47mWelcome to GRUB!', 'grub> '] as const;
    assert.equal(drawn(console.raw, from, to), drawn(recordingText('51-pvgrub-menulst'), from, to));
    console.type('nonsense\r');
    await console.receives("error: can't find command `nonsense'.");
    console.type('linux (xen/xvda)/boot/none\r');
    await console.receives("error: file `/boot/none' not found.");
    console.type('linux (xen/xvda)/boot/../../horatio.cfg\rboot\r');
    await console.receives('error: you need to load the kernel first.');
    console.type('linux (xen/xvda)/boot/vmlinux.gz root=/dev/xvda\rboot\r');
    await console.receives('horatio login: ');
  });

  it('PV-GRUB takes no notice of a shutdown; the kernel finds it when it comes up', async () => {
    await writeFile(
      xen.diskFile('horatio', 'boot/grub/grub.cfg'),
      'menuentry Linux {\n linux /boot/vmlinux.gz\n}\n',
    );
    await create('horatio');
    const console = xen.console('horatio');
    await console.sees('*Linux');
    const { status, stderr } = await xen.xl('shutdown', 'horatio');
    assert.equal(status, 1);
    assert.match(stderr, /guest didn't acknowledge control request: -9/);
    await console.sees('*Linux');
    console.type('\r');
    assert.equal(await console.ends(), 0);
    await xen.gone('horatio');
  });

  it("the rescue disk's menu boots the rescue system, an installer, or the customer's own disk", async () => {
    const boot = async (keys: string, then: string | RegExp): Promise<TerminalClient> => {
      await create('horatio', withRescueDisk('horatio'));
      const console = xen.console('horatio');
      await console.sees('*Rescue system');
      console.type(keys);
      await console.receives(then);
      return console;
    };
    const rescue = await boot('\r', '*** RESCUE MODE ***');
    await rescue.receives('/root # ');
    rescue.type('mount /dev/xvdz /mnt; echo x >/mnt/x; umount /mnt\r');
    await rescue.receives("can't create /mnt/x: Read-only file system");
    rescue.type('mount /dev/xvda /mnt; echo mended >/mnt/etc/mended; umount /mnt\r');
    const mended = (): Promise<string> =>
      readFile(xen.diskFile('horatio', 'etc/mended'), 'utf8').catch(() => '');
    await eventually("the customer's disk to be written", async () => (await mended()) === 'mended\n');
    await xen.xl('destroy', 'horatio');
    await boot(`${DOWN}\r`, 'This would install Debian bookworm on /dev/xvda');
    await xen.xl('destroy', 'horatio');

    const own = await boot(`${UP}\r`, "Booting `Normal boot: your own disk'");
    await own.receives('horatio login: ');
    assert.equal(commandLine(own), 'console=hvc0 root=/dev/xvda ro');
    await xen.xl('destroy', 'horatio');
    await rm(xen.diskFile('horatio', 'boot/grub/grub.cfg'));
    const without = await boot(`${UP}\r`, 'Press any key to continue...');
    assert.match(without.raw, /error: file `\/boot\/grub\/grub.cfg' not found\./);
    without.type(' ');
    await without.sees('*Normal boot');
  });

  it('pygrub boots the default entry, or the one that is named, with what extra= says after it', async () => {
    const boot = async (...overrides: string[]): Promise<string | undefined> => {
      await xen.start('ophelia', ...overrides);
      const console = xen.console('ophelia');
      await console.receives(/\] Command line: .*\r/);
      await xen.xl('destroy', 'ophelia');
      return commandLine(console);
    };
    assert.equal(await boot(), 'console=hvc0 root=/dev/xvda ro');
    const recorded = (name: string): string | undefined =>
      /\] Command line: (.*)/.exec(recordingText(name))?.[1];
    const entry = (title: string, from: string): string =>
      `title ${title}\nroot (hd0)\nkernel /boot/vmlinux.gz root=/dev/xvda ro console=hvc0 domname=ophelia from=${from}\n`;
    const menu = entry('ophelia normal', 'menulst') + entry('ophelia single user', 'menulst-single single');
    await writeFile(xen.diskFile('ophelia', 'boot/grub/menu.lst'), `default 0\ntimeout 2\n${menu}`);
    assert.equal(await boot(), recorded('60-pygrub-menulst'));
    const args = 'bootloader_args=["--entry=1","--args=extra_by_args"]';
    assert.equal(await boot(args), recorded('62-pygrub-entry1-args'));
    assert.equal(await boot('extra="rescue from=extra"'), recorded('63-pygrub-extra'));
  });

  it('pygrub reads a rescue disk that is put first, read-only; and again at every reboot', async () => {
    await xen.start('ophelia', withRescueDisk('ophelia'));
    const rescue = xen.console('ophelia');
    await rescue.receives('*** RESCUE MODE ***');
    await rescue.receives('/root # ');
    rescue.type('mount /dev/xvdz /mnt; echo x >/mnt/x\r');
    await rescue.receives("can't create /mnt/x: Read-only file system");
    rescue.type('reboot\r');
    await rescue.ends();
    await eventually('the next incarnation', () => xen.row('ophelia')?.domid === 2);
    await xen.idle('ophelia');
    await xen.drain('ophelia', '*** RESCUE MODE ***');
    await xen.xl('destroy', 'ophelia');

    await xen.start('ophelia');
    await rm(xen.diskFile('ophelia', 'boot/grub/grub.cfg'));
    await xen.xl('reboot', 'ophelia');
    await xen.gone('ophelia');
    assert.match((await create('ophelia')).stderr, /bootloader failed - consult logfile/);
  });

  it('a kernel given over pygrub is a path inside the disk; without the line it is again one of dom0', async () => {
    const { status, stderr } = await create('ophelia', `kernel="${xen.host.rescueKernel}"`);
    assert.equal(status, 3);
    assert.match(stderr, /bootloader \[\d+\] exited with error status 1\n/);
    await xen.start('ophelia', 'kernel="/boot/vmlinux.gz"', 'extra="rescue"');
    await xen.drain('ophelia', '*** RESCUE MODE ***');
    await xen.xl('destroy', 'ophelia');
    const derived = xen.config('derived');
    await xen.shell(`grep -v ^bootloader ${xen.config('ophelia')} >${derived}`);
    await xen.xl('create', '-q', derived, `kernel="${xen.host.rescueKernel}"`);
    await xen.drain('ophelia', '*** RESCUE MODE ***');
  });
});
