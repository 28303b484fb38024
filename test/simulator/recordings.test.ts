import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { installSimulator } from '../../server/simulator/install.js';
import { comparable, readRecording, recordingText } from './recording.js';
import { Replayer } from './replayer.js';

/** Small, but large enough that the start of the commands does not matter. */
const FAST = 0.03;
/** Two commands must fit between the guest's end and the domain's. The second value is for a busy machine. */
const SLOW = [0.3, 1.2, 4.8] as const;

interface Story {
  readonly title: string;
  readonly timeScale: number;
  readonly tell: (replayer: Replayer) => Promise<void>;
}

/**
 * Compared: text, stream and exit status of every command of
 *
 *   01 list, list -l, list -v, vm-list · 02 create · 03 the same lists with two domains
 *   04 list NAME, list DOMID · 05 list of none · 06 domid, domname · 07 console of none and of Domain-0
 *   08 create of a running domain · 09 create: no file, lexical and syntax error, no kernel, no name, kernel
 *   or disk missing, one disk twice · 10 create without enough memory · 11 pause and unpause, counted, and a
 *   shutdown of a paused guest · 12 sysrq · 13 uptime · 14 info · 16 help, unknown command
 *   21 verbs on none, on a domid of none, on Domain-0 · 22 shutdown -w and a create that comes too early
 *   23 shutdown twice · 25 destroy · 26 destroy after shutdown · 28 create -p, create -e
 *   35 console without a terminal · 37 the second console · 40 create -n · 65-67 pygrub with a kernel,
 *   without a bootloader, without a disk · 80 a forbidden sysrq · 85 a crash preserved
 *
 * boot-loaders.test.ts compares the menus of 50-63. lifecycle.test.ts compares the order of states in 21, 24
 * and 86. Not compared: 20, 27, 29 (names of that machine's processes and logs), the second half of 80 and
 * the first half of 26 (they depend on which program is faster), 82 (a kernel too big for 64 MB).
 */
const STORIES: readonly Story[] = [
  {
    title: 'lists, creates that fail, pauses: 01-16',
    timeScale: FAST,
    tell: async (replayer) => {
      const { xen } = replayer;
      await replayer.same('01-list-empty');
      await xen.countFrom(4);
      await replayer.same('02-create');
      await xen.idle('horatio');
      await xen.idle('ophelia');
      for (const name of ['03-list-two', '03-list-long-json', '03-list-long-json-one', '04-list-name']) {
        await replayer.same(name);
      }
      for (const name of ['05-list-unknown', '06-domid-domname', '07-console-unknown', '12-sysrq']) {
        await replayer.same(name);
      }
      await replayer.temporaryFile('bad.cfg', 'name = "bad\nkernel = \n');
      await replayer.temporaryFile('bad2.cfg', 'name="bad2"\ntype="pv"\nmemory=64\n');
      await replayer.temporaryFile('bad3.cfg', 'type="pv"\nkernel="/srv/xen/vmlinuz"\nmemory=64\n');
      for (const name of [
        '08-create-running',
        '09-create-badcfg',
        '10-create-nomem',
        '11-pause',
        '13-uptime',
      ]) {
        await replayer.same(name);
      }
      await replayer.same('14-info');
      await replayer.same('16-misc', (command) => /^xl (help|nosuch|list)/.test(command));
    },
  },
  {
    title:
      'verbs on what is not there, shutdown, destroy, create -p, -e and -n, pygrub: 21, 25-28, 40, 65-67',
    timeScale: FAST,
    tell: async (replayer) => {
      const { xen } = replayer;
      for (const name of ['21-shutdown-notrunning', '21-reboot-notrunning', '21-destroy-notrunning']) {
        await replayer.same(name);
      }
      await xen.start('horatio');
      await replayer.same('25-destroy');
      await replayer.same('26-shutdown-early', (command) => command.startsWith('xl destroy'));
      await xen.countFrom(20);
      await replayer.same('28-create-p');
      await xen.start('horatio', '-e');
      await replayer.same('28-create-e', (command) => command.startsWith('xl shutdown'));
      await replayer.temporaryFile('second.cfg', 'kernel="/second/file"\nextra="from second file"\n');
      await replayer.same('40-dryrun');

      const pygrub = xen.config('ophelia-pygrub');
      await xen.shell(`grep -v -e ^kernel -e ^ramdisk ${xen.config('ophelia')} >${pygrub}`);
      await xen.shell(`echo 'bootloader = "pygrub"' >>${pygrub}`);
      await xen.countFrom(11);
      for (const [name, ...overrides] of [
        ['65-pygrub-kernel-override-keeps-bootloader', 'kernel="/srv/xen/rescue-vmlinuz"'],
        ['66-pygrub-bootloader-empty', 'bootloader=""', 'kernel="/srv/xen/rescue-vmlinuz"'],
      ] as const) {
        const { stderr, status } = await xen.xl('create', '-q', pygrub, ...overrides);
        assert.equal(status, 3);
        // The recording also contains what the console of `create -c` said at the end.
        for (const line of comparable(stderr).trimEnd().split('\n')) {
          assert.ok(comparable(recordingText(name)).includes(line), line);
        }
      }
      await replayer.same('67-pygrub-nodisk');
    },
  },
  {
    title: 'a sysrq that the guest forbids, a crash that is preserved: 80, 85',
    timeScale: FAST,
    tell: async (replayer) => {
      const { xen } = replayer;
      const sysctl = xen.diskFile('horatio', 'etc/sysctl.conf');
      await writeFile(sysctl, 'kernel.sysrq = 438\n');
      await xen.start('horatio');
      await xen.start('ophelia');
      const [forbidden] = readRecording('80-crash');
      await replayer.same('80-crash', (command) => command === forbidden?.command);

      await writeFile(sysctl, 'kernel.sysrq = 1\n');
      await xen.xl('destroy', 'horatio');
      const [create] = readRecording('85-crash-preserve');
      await replayer.same('85-crash-preserve', (command) => command === create?.command);
      await xen.xl('sysrq', 'horatio', 'c');
      // The person who recorded had read the console up to here.
      await xen.drain('horatio', 'Kernel Offset: disabled');
      await replayer.same('85-crash-preserve', (command) => command !== create?.command);
    },
  },
  {
    title: 'one shutdown after another: 23',
    timeScale: SLOW[0],
    tell: async (replayer) => {
      await againSlower(replayer, async () => {
        await replayer.xen.countFrom(15);
        await replayer.xen.start('horatio');
        await replayer.same('23-shutdown-twice');
      });
    },
  },
  {
    title: 'a console without a terminal, and a second one: 35, 37',
    timeScale: FAST,
    tell: async (replayer) => {
      const { xen } = replayer;
      await xen.start('horatio');
      await xen.drain('horatio', 'login: ');
      await replayer.same('35-console-notty', (command) => command.endsWith('</dev/null'));
      const first = xen.console('horatio');
      first.type('\r');
      await first.receives('login: ');
      const second = xen.console('horatio');
      assert.equal(await second.ends(), 11);
      const recorded = recordingText('37-two-consoles-B').split('\n')[0]?.trim() ?? '';
      assert.equal(second.raw.trim(), recorded.replace('xenconsole.26', 'xenconsole.1'));
      await xen.xl('shutdown', 'horatio');
      assert.equal(await first.ends(), 0, 'the console ends with the domain');
    },
  },
  {
    title: 'a create that comes too early after shutdown -w: 22',
    timeScale: SLOW[0],
    tell: async (replayer) => {
      await againSlower(replayer, async () => {
        await replayer.xen.countFrom(13);
        await replayer.xen.start('horatio');
        await replayer.same('22-shutdown-w', (command) => command.startsWith('xl'));
      });
    },
  },
];

/**
 * Two commands must fall into one shutdown. When the machine was too busy, it tries again on a slower host.
 */
async function againSlower(replayer: Replayer, tell: () => Promise<void>): Promise<void> {
  const { xen } = replayer;
  for (const slower of [...SLOW.slice(1), null]) {
    try {
      await tell();
      return;
    } catch (error) {
      if (slower === null) throw error;
      await xen.shell('xl destroy horatio');
      await xen.gone('horatio');
      await installSimulator({ directory: xen.host.directory, timeScale: slower });
    }
  }
}

describe('the simulated xl and the recordings of the real one', () => {
  const replayers: Replayer[] = [];
  let told: Promise<void>[] = [];

  // Most of the time is waiting, so the stories run side by side, each on its own host.
  before(async () => {
    for (const story of STORIES) replayers.push(await Replayer.begin(story.timeScale));
    told = STORIES.map((story, index) => story.tell(replayers[index]!));
    for (const story of told) story.catch(() => undefined);
  });

  after(async () => {
    await Promise.allSettled(told);
    await Promise.all(replayers.map(({ xen }) => xen.remove()));
  });

  STORIES.forEach((story, index) => {
    // The slowest host boots for a minute.
    it(story.title, () => told[index]);
  });
});
