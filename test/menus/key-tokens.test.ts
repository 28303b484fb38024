import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KeyTokens } from '../../menus/key-tokens.js';
import type { Token } from '../../menus/key-tokens.js';
import { propertyRuns } from '../support/property-runs.js';

function shown(tokens: readonly Token[]): string[] {
  return tokens.map((token) =>
    token.token === 'key' ? token.bytes.toString('utf8') : `paste:${token.text}`,
  );
}

function all(...pieces: readonly string[]): string[] {
  const tokens = new KeyTokens();
  return [
    ...pieces.flatMap((piece) => shown(tokens.push(Buffer.from(piece, 'utf8')))),
    ...shown(tokens.flush()),
  ];
}

describe('key tokens', () => {
  const TABLE: readonly (readonly [why: string, pieces: readonly string[], keys: readonly string[]])[] = [
    ['letters are keys', ['ab1'], ['a', 'b', '1']],
    ['a cursor key is one key', ['\x1b[A\x1bOB'], ['\x1b[A', '\x1bOB']],
    ['a cursor key cut in three is one key', ['\x1b', '[', 'A'], ['\x1b[A']],
    ['an escape with nothing after it is a key', ['\x1b'], ['\x1b']],
    ['two escapes are two keys', ['\x1b\x1b'], ['\x1b', '\x1b']],
    ['a modified key is one key', ['\x1b[1;5C'], ['\x1b[1;5C']],
    ['the function keys of the Linux console', ['\x1b[[A'], ['\x1b[[A']],
    ['a character of several bytes is one key', ['é漢'], ['é', '漢']],
    ['CR LF is one Enter', ['a\r\nb'], ['a', '\r', 'b']],
    ['LF alone is an Enter', ['a\nb'], ['a', '\n', 'b']],
    ['a paste is one token', ['\x1b[200~q4\rhoratio\r\x1b[201~x'], ['paste:q4\rhoratio\r', 'x']],
    ['a paste cut anywhere', ['\x1b[20', '0~ab', 'c\x1b[2', '01~'], ['paste:abc']],
    ['an unfinished sequence is no key', ['\x1b[1;'], []],
  ];
  for (const [why, pieces, keys] of TABLE) {
    it(why, () => {
      assert.deepEqual(all(...pieces), keys);
    });
  }

  it('drops bytes that are no character, and nothing beside them', () => {
    const tokens = new KeyTokens();
    const bytes = Buffer.from([0x61, 0xc3, 0x1b, 0x5b, 0x41, 0x80, 0x62, 0xff, 0xf0, 0x9f, 0x63]);
    assert.deepEqual(shown(tokens.push(bytes)), ['a', '\x1b[A', 'b', 'c']);
  });

  it('drops an endless sequence and goes on', () => {
    assert.deepEqual(all(`\x1b[${'1;'.repeat(100)}`, 'x').at(-1), 'x');
  });

  it('bounds an endless paste', () => {
    const tokens = new KeyTokens();
    tokens.push(Buffer.from('\x1b[200~'));
    for (let i = 0; i < 100; i++) tokens.push(Buffer.alloc(4096, 'a'));
    const [paste] = shown(tokens.push(Buffer.from('\x1b[201~')));
    assert.ok(paste !== undefined && paste.length < 20_000);
  });

  it('gives the same keys however the bytes are cut', () => {
    const part = fc.constantFrom(
      'a',
      'é',
      '漢',
      '\x1b[A',
      '\x1bOP',
      '\x1b[5~',
      '\r',
      '\x7f',
      '\x1b[200~hi\r\x1b[201~',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }),
        fc.array(fc.nat(60), { maxLength: 6 }),
        (parts, cuts) => {
          const bytes = Buffer.from(parts.join(''), 'utf8');
          const whole = new KeyTokens();
          const expected = shown(whole.push(bytes));
          const tokens = new KeyTokens();
          const places = [...cuts.map((at) => Math.min(at, bytes.length)), 0, bytes.length].sort(
            (a, b) => a - b,
          );
          const got = places.slice(1).flatMap((to, at) => shown(tokens.push(bytes.subarray(places[at], to))));
          assert.deepEqual(got, expected);
        },
      ),
      propertyRuns('keys in pieces', 300, 20_000),
    );
  });
});
