import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { House } from '../../support/house.js';
import { WatchedHalf } from '../../support/watched-half.js';

const NATIVE = fileURLToPath(new URL('../../../server/cli/half/notify-socket.node', import.meta.url));

/** Makes pieces of native memory, lets nine of ten go, and prints the memory of the process before and after a trim: KiB. */
const HOLES = `
  const { readFileSync } = require('node:fs');
  const { trim } = require(${JSON.stringify(NATIVE)});
  const pss = () => Number(/^Pss:\\s+(\\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))[1]);
  let pieces = Array.from({ length: 4_000 }, () => Buffer.allocUnsafeSlow(20_000).fill(1));
  globalThis.kept = pieces.filter((_, at) => at % 10 === 0);
  pieces = null;
  const free = setInterval(() => {
    gc();
    if (process.memoryUsage().arrayBuffers > 12e6) return;
    clearInterval(free);
    const before = pss();
    trim();
    console.log(before, pss(), kept.every((piece) => piece[19_999] === 1));
  }, 1);`;

/** Loaded before a half. It prints when the half begins to trim, and how often. */
const WATCH = `data:text/javascript,
  const begin = globalThis.setInterval;
  globalThis.setInterval = (work, each, ...more) => {
    if (work.name === 'trim') console.log('trims each', each);
    return begin(work, each, ...more);
  };`.replaceAll('\n', '');

describe('the native memory of a half', () => {
  let house: House;

  before(async () => {
    house = await House.layOut();
  });
  after(async () => house.stop());

  it('goes back to the system where it is free between what is kept', () => {
    const said = execFileSync(process.execPath, ['--expose-gc', '--eval', HOLES], { encoding: 'utf8' });
    const [, before, after] = /^(\d+) (\d+) true\n$/.exec(said) ?? assert.fail(said);
    // 72 MB of 80 are free.
    assert.ok(Number(before) - Number(after) > 40 * 1_024, said);
  });

  for (const half of ['dom0', 'gate'] as const) {
    it(`is given back by ${half} each minute`, async () => {
      const running = new WatchedHalf(house, half, WATCH);
      try {
        await running.sees(/^trims each 60000$/m);
      } finally {
        await running.end();
      }
    });
  }
});
