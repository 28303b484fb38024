import assert from 'node:assert/strict';
import { KeyInput } from '../../menus/key-input.js';
import { eventually } from '../support/eventually.js';

describe('menus: the pace of keys', () => {
  it('gives a session whose keys cost much a quarter of the time at most', async () => {
    let cpu = 0;
    let listener: ((data: Buffer) => void) | null = null;
    const terminal = {
      onInput: (hear: (data: Buffer) => void) => {
        listener = hear;
        return () => {
          listener = null;
        };
      },
    };
    const isRead = (): boolean => listener !== null;
    const turns: number[] = [];
    const input = new KeyInput(
      terminal,
      () => {
        turns.push(performance.now());
        cpu += 100;
      },
      { cpu: () => cpu, wall: () => performance.now() },
    );
    input.start();
    // One key in each packet, as fast as they are taken.
    for (let n = 0; n < 5; n += 1) {
      await eventually('the terminal to be read', isRead, { everyMs: 1 });
      (listener as ((data: Buffer) => void) | null)?.(Buffer.from('j'));
      assert.equal(turns.length, n + 1);
      assert.equal(isRead(), n < 2, 'it is not read while the pause lasts');
    }
    const [, , third = 0, fourth = 0, fifth = 0] = turns;
    // On a busy machine the fourth may come late. Then the fifth need not wait as long.
    assert.ok(fourth - third >= 150 && fifth - third >= 500, `${fourth - third} and ${fifth - third} ms`);
    input.stop();
  });

  it("waits for the customer's turn, unread, and loses nothing", () => {
    const due: (() => void)[] = [];
    let listener: ((data: Buffer) => void) | null = null;
    const terminal = {
      onInput: (hear: (data: Buffer) => void) => {
        listener = hear;
        return () => {
          listener = null;
        };
      },
      inTurn: (work: () => void) => due.push(work),
    };
    const isRead = (): boolean => listener !== null;
    const type = (text: string): void => (listener as ((data: Buffer) => void) | null)?.(Buffer.from(text));
    const turn = (): void => {
      due.shift()?.();
    };
    let taken = '';
    const input = new KeyInput(terminal, (tokens) => {
      for (const token of tokens) if (token.token === 'key') taken += token.bytes.toString();
    });
    input.start();
    type('j');
    assert.deepEqual([taken, isRead(), due.length], ['', false, 1]);
    let isDrained = false;
    input.onceDrained(() => (isDrained = true));
    assert.equal(isDrained, false);
    turn();
    assert.deepEqual([taken, isRead(), isDrained], ['j', true, true]);
    // What was typed for another reader is dropped, and its turn takes nothing of the next one.
    type('k');
    input.stop();
    input.start();
    type('l');
    turn();
    assert.equal(taken, 'j');
    turn();
    assert.equal(taken, 'jl');
    input.stop();
  });
});
