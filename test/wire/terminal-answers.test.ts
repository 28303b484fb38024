import assert from 'node:assert/strict';
import { isTerminalAnswer } from '../../server/wire/terminal-answers.js';
import { processorMs } from '../support/processor-time.js';

describe('isTerminalAnswer', () => {
  const answers = [
    '\x1b[24;80R',
    '\x1b[?1;2c',
    '\x1b[>41;330;0c',
    '\x1b[0n',
    '\x1b[?2026;2$y',
    '\x1b[8;24;80t',
    '\x1b[?0u',
    '\x1b[I',
    '\x1bP1$r0m\x1b\\',
    '\x1bP>|XTerm(330)\x1b\\',
    '\x1b]10;rgb:ffff/ffff/ffff\x07',
    '\x1b]11;rgb:0000/0000/0000\x1b\\',
    '\x1b[24;80R\x1b[?1;2c\x1b]10;rgb:0/0/0\x07',
  ];
  const typed = [
    '',
    'a',
    '\x1b',
    '\r',
    '\x1b[A',
    '\x1bOA',
    '\x1b[3~',
    '\x1b[97;5u',
    '\x1b[200~paste\x1b[201~',
    '\x1b[24;80Rls\r',
    'ls\x1b[24;80R',
    '\x1b]10;rgb:0/0/0\x07rm\r',
    '\x1bPopen',
    '\x1b[<0;5;5M',
  ];

  for (const text of answers)
    it(`knows ${JSON.stringify(text)}`, () => {
      assert.equal(isTerminalAnswer(Buffer.from(text, 'latin1')), true);
    });

  for (const text of typed)
    it(`takes ${JSON.stringify(text)} for typed`, () => {
      assert.equal(isTerminalAnswer(Buffer.from(text, 'latin1')), false);
    });

  it('is quick on the worst', () => {
    const took = processorMs(() => {
      for (const bad of [
        '\x1b['.repeat(16_000),
        '\x1b[1;'.repeat(8_000),
        '\x1b]x'.repeat(10_000),
        '\x1b[1R'.repeat(8_000) + 'x',
      ])
        assert.equal(isTerminalAnswer(Buffer.from(bad, 'latin1')), false);
    });
    assert.ok(took < 500, `${took} ms`);
  });
});
