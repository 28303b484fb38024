import assert from 'node:assert/strict';
import { Announcements } from '../../../server/gate/session/announcements.js';

describe('announcements', () => {
  it('reach the others when one session fails, and count who reads them', () => {
    const faults: unknown[] = [];
    const all = new Announcements((fault) => faults.push(fault));
    const heard: string[] = [];
    all.inMenu(() => {
      throw new Error('gone');
    });
    all.inMenu(() => false);
    const leave = all.onConsole((text) => heard.push(text) > 0);
    assert.equal(all.make('one'), 1);
    assert.equal(all.toConsoles('two'), 1);
    leave();
    leave();
    assert.equal(all.make('three'), 0);
    assert.deepEqual(heard, ['one', 'two']);
    assert.equal(faults.length, 2);
  });
});
