import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import headless from '@xterm/headless';
import type { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { eventually } from '../../support/eventually.js';
import { House } from '../../support/house.js';
import { propertyRuns } from '../../support/property-runs.js';
import type { SshStream } from '../../support/ssh-stream.js';
import { looksOf } from '../../support/terminal-looks.js';
import { speech } from '../../support/terminal-speech.js';

const LONG = process.env['POSTERN_TEST_LONG'] !== undefined;
const LEAVE = '\x1d.';
const TAKE = '\x1dt';
/** No guest here reacts to it. A client that types it has read our greeting. */
const NOTHING = '\0';

/**
 * An editor's screen, as vim paints it: the alternate screen, colours, a status line, the cursor in the
 * middle.
 */
const EDITOR = [
  '\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h\x1b[1;24r\x1b[27m\x1b[23m\x1b[29m\x1b[m\x1b[H\x1b[2J\x1b[?25l',
  '\x1b[1;1H\x1b[33m  1 \x1b[m\x1b[34m# /etc/fstab: \x1b[1mstatic\x1b[22m file system information\x1b[m',
  '\x1b[2;1H\x1b[33m  2 \x1b[m/dev/xvda \x1b[35m/\x1b[m ext4 \x1b[32merrors=remount-ro\x1b[m 0 1',
  ...Array.from({ length: 20 }, (_, at) => `\x1b[${at + 3};1H\x1b[94m~\x1b[m`),
  '\x1b[23;1H\x1b[1;7m/etc/fstab [+]\x1b[K\x1b[27;22m\x1b[m',
  '\x1b[24;1H\x1b[1m-- INSERT --\x1b[m\x1b[24;63H2,12\x1b[9CAll\x1b[2;16H\x1b[?25h',
].join('');

/** A table of processes, as top paints it: over itself, in reverse and bold. */
const TOP = [
  '\x1b[?1h\x1b=\x1b[H\x1b[2J\x1b[mtop - 17:12:01 up 3 days,  2:04,  1 user,  load average: 0.08\x1b(B\x1b[m\x1b[39;49m\x1b[K',
  '\x1b[3;1H%Cpu(s):\x1b(B\x1b[m\x1b[39;49m\x1b[1m  0.3 \x1b(B\x1b[m\x1b[39;49mus,\x1b[1m 97.2 \x1b(B\x1b[mid\x1b[K',
  '\x1b[6;1H\x1b[7m    PID USER      PR  NI    VIRT    RES  %CPU COMMAND        \x1b(B\x1b[m\x1b[39;49m\x1b[K',
  ...Array.from(
    { length: 18 },
    (_, at) =>
      `\x1b[${at + 7};1H\x1b[${at % 3 === 0 ? 1 : 22}m${String(at * 37).padStart(7)} root \x1b[m\x1b[K`,
  ),
  '\x1b[6;1H\x1b[5;1H',
].join('');

/** Colours of every kind, line drawing, wide characters, a scrolled region, an odd cursor. */
const COLOURS = [
  '\x1b[H\x1b[2J',
  ...Array.from(
    { length: 16 },
    (_, at) => `\x1b[${at < 8 ? 30 + at : 82 + at};${at < 8 ? 100 + at : 32 + at}m ${at} `,
  ),
  '\x1b[m\r\n',
  ...Array.from({ length: 60 }, (_, at) => `\x1b[38;5;${at * 4}m#\x1b[48;2;${at};${255 - at};99m-`),
  '\x1b[m\x1b(0lqqwqqk\r\nx  x  x\r\nmqqvqqj\x1b(B \x1b[4;3;9mstruck\x1b[m 漢字 é\r\n',
  '\x1b[8;14r\x1b[8;1H1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\x1b[r\x1b[18;40H\x1b[7mhere\x1b[m',
].join('');

describe('the terminal of who comes to a console', () => {
  let house: House;
  let witness: SshStream;
  let seen: Terminal;
  let shown = 0;

  before(async () => {
    house = await House.start({
      domains: [{ name: 'horatio' }, { name: 'fortinbras', bootloader: 'pvgrub' }],
      customers: { alice: { horatio: 'owner', fortinbras: 'owner' } },
    });
  });
  after(() => house.stop());

  /** A witness is there before the first byte, without a pty: it gets the guest's bytes unchanged. */
  const witnesses = async (domain: string, until: string): Promise<void> => {
    seen = new headless.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
    shown = 0;
    witness = house.stream('alice', `${domain} console`);
    // An empty screen is painted first.
    await witness.receives('\x1b[');
    assert.equal((await house.ssh('alice', `${domain} start`)).status, 0);
    await witness.receives(until);
  };

  const witnessed = async (): Promise<unknown> => {
    const bytes = Buffer.from(witness.received.slice(shown), 'latin1');
    shown += bytes.length;
    await new Promise<void>((resolve) => {
      seen.write(bytes, resolve);
    });
    return looksOf(seen);
  };

  /** A newcomer with a terminal of the same size sees the same. */
  const comes = async (domain: string): Promise<void> => {
    const newcomer = house.terminal('alice', `${domain} console`);
    await newcomer.receives(`Watching ${domain}`);
    newcomer.type(TAKE);
    await newcomer.receives('You have the keyboard.');
    newcomer.type(NOTHING);
    await newcomer.seesNo('You have the keyboard.');
    let last: [unknown, unknown] | undefined;
    await eventually('the same screen', async () => {
      last = [newcomer.looks, await witnessed()];
      return JSON.stringify(last[0]) === JSON.stringify(last[1]);
    }).catch(() => undefined);
    assert.deepEqual(last?.[0], last?.[1]);
    newcomer.type(LEAVE);
    assert.equal(await newcomer.ends(), 0);
  };

  it('shows a boot menu cell by cell as one has it who saw everything', async () => {
    await witnesses('fortinbras', 'executed automatically in');
    witness.type('\x1b[B');
    await comes('fortinbras');
    witness.kill();
  });

  describe('at a shell', () => {
    let scenes = 0;
    before(async () => {
      await witnesses('horatio', 'login:');
      witness.type('root\r');
      await witness.receives('# ');
    });

    const says = async (context: string): Promise<void> => {
      scenes += 1;
      writeFileSync(house.diskFile('horatio', 'root/scene'), `\x1bc${context}`);
      const from = witness.received.length;
      // The earlier visitor may have the keyboard a moment longer. Until then, typed text goes nowhere.
      await eventually(`the end of scene ${scenes}`, async () => {
        witness.type(`cat scene; echo -e 'end\\x2d${scenes}'\r`);
        return witness.receives(`end-${scenes}\r\n`, { from, withinMs: 3_000 }).then(
          () => true,
          () => false,
        );
      });
      await witness.receives('# ', { from: witness.received.indexOf(`end-${scenes}\r\n`, from) });
    };

    for (const [what, context] of [
      ['an editor', EDITOR],
      ['a table of processes', TOP],
      ['colours and drawings', COLOURS],
    ] as const) {
      it(`shows ${what} cell by cell as one has it who saw everything`, async () => {
        await says(context);
        await comes('horatio');
      });
    }

    if (LONG) {
      it('shows whatever a guest said cell by cell as one has it who saw everything', async function () {
        this.timeout(600_000);
        await fc.assert(
          fc.asyncProperty(speech, async (context) => {
            await says(context);
            await comes('horatio');
          }),
          propertyRuns('screens through ssh', 0, 60),
        );
      });
    }
  });
});
