import assert from 'node:assert/strict';
import { CTRL_BRACKET, parseEscapeKey } from '../../policy/escape-key.js';
import { isRefusal } from '../../policy/refusal.js';

describe('parseEscapeKey', () => {
  it('reads the ways in which people write a control character', () => {
    for (const text of ['^]', 'Ctrl-]', 'ctrl-]', 'C-]'])
      assert.deepEqual(parseEscapeKey(text), CTRL_BRACKET);
    for (const text of ['^a', '^A', 'Ctrl-A']) {
      assert.deepEqual(parseEscapeKey(text), { byte: 1, name: 'Ctrl-A', caret: '^A' });
    }
    assert.deepEqual(parseEscapeKey('^\\'), { byte: 0x1c, name: 'Ctrl-\\', caret: '^\\' });
    assert.deepEqual(parseEscapeKey('^_'), { byte: 0x1f, name: 'Ctrl-_', caret: '^_' });
  });

  const needed = ['^[', '^M', '^J', '^I', '^H', '^C', '^D', '^S', '^Q'];
  const odd = ['', 'a', 'Enter', '^', '^^^', '^1', '^@', '^?', '^é', '~', '~.', '^{', '\x1d', '^\n', 'none'];
  for (const text of [...needed, ...odd]) {
    it(`refuses ${JSON.stringify(text)} with a sentence`, () => {
      const no = parseEscapeKey(text);
      assert.ok(isRefusal(no), JSON.stringify(no));
      assert.match(no.message, /^[A-Z].*\.$/);
    });
  }

  it('gives only keys that can be read back', () => {
    for (let byte = 0; byte < 32; byte += 1) {
      const key = parseEscapeKey(`^${String.fromCharCode(byte | 0x40)}`);
      if (isRefusal(key)) continue;
      assert.equal(key.byte, byte);
      assert.deepEqual(parseEscapeKey(key.caret), key);
      assert.deepEqual(parseEscapeKey(key.name), key);
    }
  });
});
