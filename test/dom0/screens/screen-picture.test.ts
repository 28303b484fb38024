import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { ScreenEmulator } from '../../../server/dom0/screens/screen-emulator.js';
import { OracleTerminal } from '../../support/oracle-terminal.js';
import { propertyRuns } from '../../support/property-runs.js';
import { speech } from '../../support/terminal-speech.js';

const CASES = new URL('../../../../test/fixtures/console/', import.meta.url);

const size = fc.oneof(
  fc.record({ cols: fc.integer({ min: 2, max: 24 }), rows: fc.integer({ min: 1, max: 8 }) }),
  fc.constantFrom({ cols: 80, rows: 24 }, { cols: 132, rows: 50 }, { cols: 2, rows: 1 }),
);

/**
 * A newcomer joins after some of the bytes, with other content on the terminal, and receives everything that
 * follows.
 */
async function comes(
  all: Buffer,
  after: number,
  { cols, rows }: { readonly cols: number; readonly rows: number },
  before = '',
): Promise<[OracleTerminal, OracleTerminal]> {
  const emulator = new ScreenEmulator({ cols, rows });
  const seen = new OracleTerminal(cols, rows);
  const newcomer = new OracleTerminal(cols, rows);
  await newcomer.told(before);
  // The saved state of its alternate screen matters only to a guest that restores what it never saved.
  await newcomer.told('\x1b\\\x1b[r\x1b[?6l\x1b[?1049h\x1b[0m\x1b(B\x0f\x1b[H\x1b7');
  if (before.length % 2 === 0) await newcomer.told('\x1b[?47l');
  for (const bytes of [all.subarray(0, after / 2), all.subarray(after / 2, after)]) {
    await emulator.write(bytes);
    await seen.told(bytes);
  }
  await newcomer.told(emulator.answer({ ask: 'picture', view: null }) as Buffer);
  emulator.dispose();
  return [seen, newcomer];
}

describe('the picture of a screen', () => {
  it('shows what an emulator shows that saw everything, wherever the bytes were cut, and both go on alike', async function () {
    this.timeout(600_000);
    await fc.assert(
      fc.asyncProperty(
        speech,
        speech,
        speech,
        size,
        fc.nat(3),
        async (said, next, before, window, inside) => {
          const all = Buffer.from(said + next);
          const after = Math.min(all.length, Buffer.byteLength(said) + inside);
          const [seen, newcomer] = await comes(all, after, window, before);
          assert.deepEqual(newcomer.looks, seen.looks);
          for (const each of [seen, newcomer]) await each.told(all.subarray(after));
          assert.deepEqual(newcomer.looks, seen.looks);
          seen.dispose();
          newcomer.dispose();
        },
      ),
      propertyRuns('the picture of a screen', 300, 30_000),
    );
  });

  for (const name of readdirSync(CASES).filter((each) => each !== 'README.md')) {
    it(`shows ${name} at any size, wherever it was cut`, async () => {
      const all = readFileSync(new URL(name, CASES));
      const cuts = [1 / 3, 2 / 3, 0.97, 1].map((part) => Math.floor(all.length * part));
      for (const [cols, rows] of [
        [80, 24],
        [60, 18],
        [132, 50],
        [3, 2],
      ] as const)
        for (const after of cuts) {
          const [seen, newcomer] = await comes(
            all,
            after,
            { cols, rows },
            '\x1b[2;3rjunk\x1b#8\x1b[?1049hjunk',
          );
          assert.deepEqual(newcomer.looks, seen.looks, `${cols}x${rows} at ${after}`);
          for (const each of [seen, newcomer]) await each.told(all.subarray(after));
          assert.deepEqual(newcomer.looks, seen.looks, `${cols}x${rows} after ${after}`);
          seen.dispose();
          newcomer.dispose();
        }
    });
  }
});
