import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { House } from '../../support/house.js';
import { POSTERN } from '../../support/postern-command.js';
import { eventually } from '../../support/eventually.js';

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

describe('the heap of a half', () => {
  let house: House;

  before(async () => {
    house = await House.layOut();
  });
  after(async () => house.stop());

  for (const half of ['dom0', 'gate'] as const) {
    it(`has V8 collect early once ${half} has loaded its code`, async () => {
      const settings = half === 'gate' ? house.layout.gateSettings : house.layout.dom0Settings;
      const child = spawn(process.execPath, ['--import', WATCH, POSTERN, half, '--settings', settings], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ended = once(child, 'exit');
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      try {
        const [, before, changed, asked] = await eventually(
          'the flag to be set',
          () => /^tags (\d+) (\d+) (\d+)$/m.exec(said),
          { instead: () => said },
        );
        assert.match(said, new RegExp(`^tag ${String(before)}\n`));
        assert.equal(changed, asked);
      } finally {
        child.kill('SIGTERM');
        await ended;
      }
    });
  }
});
