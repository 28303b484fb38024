import assert from 'node:assert/strict';
import { House } from '../../support/house.js';
import { WatchedHalf } from '../../support/watched-half.js';

/**
 * Loaded before a half. V8 makes its tag of all its flags. Prints the tag at the start, the one that a flag of the half
 * made, and the one with the flag that is expected.
 */
const WATCH = `data:text/javascript,
  import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
  const before = cachedDataVersionTag();
  console.log('tag', before);
  const timer = setInterval(() => {
    const changed = cachedDataVersionTag();
    if (changed === before) return;
    clearInterval(timer);
    setFlagsFromString('--heap-growing-percent=20');
    console.log('tags', before, changed, cachedDataVersionTag());
  }, 1);`.replaceAll('\n', '');

/**
 * Loaded before a half. Prints the files of CommonJS that the half has loaded: when it sets a flag, and at its end.
 * They have no line break in their names.
 */
const FILES = `data:text/javascript,
  const v8 = process.getBuiltinModule('node:v8');
  const files = process.getBuiltinModule('node:module')._cache;
  const print = (when) => console.log(when, Object.keys(files).sort().join());
  const set = v8.setFlagsFromString;
  v8.setFlagsFromString = (flag) => { print('flag'); set(flag); };
  process.on('exit', () => print('end'));`.replaceAll('\n', '');

/** The line that a half logs when it has read changed files again. */
const RELOADED = { gate: /"policy\.in-force"/, dom0: /"settings\.reloaded"/ } as const;

describe('the heap of a half', () => {
  let house: House;

  before(async () => {
    house = await House.layOut();
  });
  after(async () => house.stop());

  for (const half of ['dom0', 'gate'] as const) {
    it(`has V8 collect early once ${half} has loaded its code`, async () => {
      const running = new WatchedHalf(house, half, WATCH);
      try {
        const [, before, changed, asked] = await running.sees(/^tags (\d+) (\d+) (\d+)$/m);
        assert.match(running.said, new RegExp(`^tag ${String(before)}\n`));
        assert.equal(changed, asked);
      } finally {
        await running.end();
      }
    });

    // V8 would compile it anew, and every other process would compile it anew after that.
    it(`has ${half} load nothing after that, also in a reload`, async () => {
      const running = new WatchedHalf(house, half, FILES, { logs: true });
      try {
        const [, loaded = ''] = await running.sees(/^flag (.*)$/m);
        await running.sees(/ ready on /);
        house.writePolicy(`rules: []\n# for the reload of ${half}\n`);
        running.said = '';
        running.signal('SIGHUP');
        await running.sees(RELOADED[half]);
        await running.end();
        assert.match(loaded, /\/\.schemas\/\w+\.cjs/);
        assert.equal(/^end (.*)$/m.exec(running.said)?.[1], loaded);
      } finally {
        await running.end('SIGKILL');
      }
    });
  }
});
