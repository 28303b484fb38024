import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { eventLine, headerLine } from '../../../server/gate/recording/asciicast.js';
import { intactLength } from '../../../server/gate/recording/intact-length.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const LINES = [
  headerLine({ columns: 80, rows: 24, begunAt: new Date(0), title: 't', term: 'xterm' }),
  eventLine(0.1, 'o', 'Grüße'),
  eventLine(0.2, 'i', 'x\r'),
  eventLine(0.3, 'o', '\u001b[2J[]\\n'),
];

describe('gate: up to where a recording can be played', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  async function sound(content: string | Buffer): Promise<number> {
    const file = await open(directory.write('x.cast', content), 'r');
    try {
      return await intactLength(file);
    } finally {
      await file.close();
    }
  }

  it('is the end of the last whole line, wherever it is torn', async () => {
    const whole = Buffer.from(LINES.join(''));
    const ends = LINES.map((_, at) => Buffer.byteLength(LINES.slice(0, at + 1).join('')));
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const expected = Math.max(0, ...ends.filter((end) => end <= cut));
      assert.equal(await sound(whole.subarray(0, cut)), expected, `torn at ${cut}`);
    }
  });

  it('is before what a power cut left: zeros, or half a block of something', async () => {
    const whole = LINES.join('');
    const length = Buffer.byteLength(whole);
    assert.equal(await sound(whole + '\0'.repeat(100_000)), length);
    assert.equal(await sound(`${whole}[0.4,"o","x\0\0\0\n`), length);
    assert.equal(await sound(`${whole}\0\n[0.5,"o"\n\0\0`), length);
  });

  it('is found behind lines of any length', async () => {
    const long = LINES.join('') + eventLine(1, 'o', '\u001b'.repeat(64 * 1024));
    assert.equal(await sound(`${long}[2,"o","${'x'.repeat(200_000)}`), Buffer.byteLength(long));
  });
});
