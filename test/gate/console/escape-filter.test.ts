import assert from 'node:assert/strict';
import type { KeyCommand } from '../../../server/gate/console/escape-filter.js';
import { CTRL_BRACKET, parseEscapeKey } from '../../../policy/escape-key.js';
import type { EscapeKey } from '../../../policy/escape-key.js';
import { EscapeFilter } from '../../../server/gate/console/escape-filter.js';

/** The result in words. Runs of bytes are joined, because it does not matter where they are cut. */
function meant(
  filter: EscapeFilter,
  chunks: readonly Buffer[],
  done: (intention: KeyCommand) => void = () => undefined,
): string[] {
  const said: string[] = [];
  let run = '';
  for (const intention of intentions(filter, chunks)) {
    done(intention);
    if (intention.kind === 'bytes') {
      run += intention.bytes.toString('latin1');
      continue;
    }
    if (run !== '') said.push(`"${run}"`);
    run = '';
    said.push(worded(intention));
    if (intention.kind === 'leave') run = intention.rest.toString('latin1');
  }
  if (run !== '') said.push(`"${run}"`);
  return said;
}

function* intentions(filter: EscapeFilter, chunks: readonly Buffer[]): Generator<KeyCommand> {
  for (const chunk of chunks) yield* filter.push(chunk);
}

function worded(intention: KeyCommand): string {
  return intention.kind === 'sysrq' ? `sysrq ${intention.key}` : intention.kind;
}

const ESCAPE = CTRL_BRACKET.byte;

const once = (text: string): string[] => meant(new EscapeFilter(CTRL_BRACKET), [Buffer.from(text, 'latin1')]);

describe('EscapeFilter', () => {
  const table: readonly (readonly [input: string, meant: readonly string[]])[] = [
    ['', []],
    ['ls -l\r', ['"ls -l\r"']],
    ['\x1d.', ['leave']],
    ['\x1dd', ['leave']],
    ['\x1dD', ['leave']],
    ['\x1d?', ['help']],
    ['\x1dw', ['who']],
    ['\x1dt', ['takeover']],
    ['\x1db', ['break']],
    ['\x1d\x1d', ['escape-itself']],
    ['\x1dx', ['unknown-key']],
    ['\x1d\x00', ['unknown-key']],
    ['\x1dsh', ['ask-sysrq', 'sysrq h']],
    ['\x1ds\x1b', ['ask-sysrq', 'cancelled']],
    ['\x1ds\x1d', ['ask-sysrq', 'cancelled']],
    ['\x1dry', ['ask-reboot', 'reboot']],
    ['\x1drY', ['ask-reboot', 'reboot']],
    ['\x1drn', ['ask-reboot', 'cancelled']],
    ['\x1dzy', ['ask-size', 'size']],
    ['\x1dzYls', ['ask-size', 'size', '"ls"']],
    ['\x1dz\r', ['ask-size', 'cancelled']],
    ['\x1dz\x1d', ['ask-size', 'cancelled']],
    ['\x1dr\r', ['ask-reboot', 'cancelled']],
    ['\x1dr\x1d', ['ask-reboot', 'cancelled']],
    ['a\x1d\x1db\x1d.c', ['"a"', 'escape-itself', '"b"', 'leave', '"c"']],
    ['\x1d\x1d.', ['escape-itself', '"."']],
    [
      'x\xff\x00\x1d?y\x1dshz\x1dry!',
      ['"x\xff\x00"', 'help', '"y"', 'ask-sysrq', 'sysrq h', '"z"', 'ask-reboot', 'reboot', '"!"'],
    ],
  ];

  for (const [input, expected] of table) {
    it(`understands ${JSON.stringify(input)}`, () => {
      assert.deepEqual(once(input), expected);
    });
  }

  it('means the same wherever the input is cut', () => {
    for (const [input, expected] of table) {
      const bytes = Buffer.from(input, 'latin1');
      for (let first = 0; first <= bytes.length; first += 1) {
        for (let second = first; second <= bytes.length; second += 1) {
          const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
          assert.deepEqual(
            meant(new EscapeFilter(CTRL_BRACKET), chunks),
            expected,
            `${JSON.stringify(input)} at ${first}, ${second}`,
          );
        }
      }
    }
  });

  it('means the same wherever it is cut with another escape key, for which Ctrl-] is a key like any other', () => {
    const ctrlT = parseEscapeKey('^T') as EscapeKey;
    for (const [input, expected] of table) {
      const bytes = Buffer.from(input.replaceAll('\x1d', '\x14'), 'latin1');
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)];
        assert.deepEqual(
          meant(new EscapeFilter(ctrlT), chunks),
          expected,
          `${JSON.stringify(input)} at ${cut}`,
        );
      }
    }
    assert.deepEqual(meant(new EscapeFilter(ctrlT), [Buffer.from('a\x1d.b')]), ['"a\x1d.b"']);
  });

  it('is asked again in the middle of a chunk, wherever it is cut', () => {
    for (const [input, expected] of [
      ['\x1dzyyls', ['ask-size', 'size', 'size-anyway', '"ls"']],
      ['\x1dzynls', ['ask-size', 'size', 'cancelled', '"ls"']],
      ['\x1dzy\x1d.ls', ['ask-size', 'size', 'cancelled', '".ls"']],
      ['\x1dznyls', ['ask-size', 'cancelled', '"yls"']],
    ] as const) {
      const bytes = Buffer.from(input, 'latin1');
      for (let first = 0; first <= bytes.length; first += 1) {
        for (let second = first; second <= bytes.length; second += 1) {
          const filter = new EscapeFilter(CTRL_BRACKET);
          const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
          const again = ({ kind }: KeyCommand): void => {
            if (kind === 'size') filter.askAgain();
          };
          assert.deepEqual(
            meant(filter, chunks, again),
            expected,
            `${JSON.stringify(input)} at ${first}, ${second}`,
          );
        }
      }
    }
  });

  it('never lets a Ctrl-] through to the pty, whatever is typed', () => {
    const filter = new EscapeFilter(CTRL_BRACKET);
    for (let first = 0; first < 256; first += 1) {
      for (const second of [ESCAPE, 0x0d, 0x73, 0x72, 0x41]) {
        for (const intention of filter.push(Buffer.from([first, ESCAPE, second, ESCAPE, first, ESCAPE]))) {
          if (intention.kind === 'bytes') assert.ok(!intention.bytes.includes(ESCAPE));
        }
      }
    }
  });

  it('says whether the next key is for us', () => {
    const filter = new EscapeFilter(CTRL_BRACKET);
    meant(filter, [Buffer.from('a\x1d')]);
    assert.equal(filter.isPending, true);
    meant(filter, [Buffer.from('?')]);
    assert.equal(filter.isPending, false);
  });
});
