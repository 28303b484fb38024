import assert from 'node:assert/strict';
import { ChannelInput, INPUT_WINDOW } from '../../../server/gate/ssh/channel-input.js';

describe('gate/ssh: the incoming half of a channel', () => {
  let given: number[];
  let heard: string[];
  let input: ChannelInput;
  const listen = (name: string): (() => void) =>
    input.onInput((data) => heard.push(`${name}:${data.toString()}`));
  const soon = (): Promise<void> => Promise.resolve();

  beforeEach(() => {
    given = [];
    heard = [];
    input = new ChannelInput(
      (bytes) => given.push(bytes),
      (work) => {
        work();
      },
    );
  });

  it('holds what comes while nobody listens, and delivers it after the subscription', async () => {
    input.receive(Buffer.from('a'));
    input.receive(Buffer.from('b'));
    listen('x');
    assert.deepEqual(heard, [], 'not before the listener has its Unsubscribe');
    input.receive(Buffer.from('c'));
    await soon();
    assert.deepEqual(heard, ['x:a', 'x:b', 'x:c']);
  });

  it('gives the input to the newest listener, and back to the one before', async () => {
    const stopMenu = listen('menu');
    const stopConsole = listen('console');
    await soon();
    input.receive(Buffer.from('1'));
    stopConsole();
    stopConsole();
    input.receive(Buffer.from('2'));
    stopMenu();
    input.receive(Buffer.from('3'));
    listen('menu again');
    await soon();
    assert.deepEqual(heard, ['console:1', 'menu:2', 'menu again:3']);
  });

  it('stops in the middle of what was held when the listener stops', async () => {
    for (const text of ['1', '2', '3']) input.receive(Buffer.from(text));
    const stop = input.onInput((data) => {
      heard.push(data.toString());
      if (heard.length === 2) stop();
    });
    await soon();
    assert.deepEqual(heard, ['1', '2']);
    listen('next');
    await soon();
    assert.deepEqual(heard.slice(2), ['next:3']);
  });

  it('counts the window, and gives back only what was taken, in large pieces', async () => {
    const half = Buffer.alloc(INPUT_WINDOW / 2);
    assert.equal(input.receive(half), true);
    assert.equal(input.receive(half), true);
    assert.equal(input.receive(Buffer.from('!')), false, 'beyond the window');
    assert.deepEqual(given, []);
    listen('x');
    await soon();
    assert.deepEqual(given, [INPUT_WINDOW]);
    for (let n = 0; n < 100; n += 1) input.receive(Buffer.from('k'));
    assert.deepEqual(given, [INPUT_WINDOW], 'a key typed costs no message');
    assert.equal(input.receive(Buffer.alloc(INPUT_WINDOW)), false);
  });

  it('says the end after all input, to who comes later as well', async () => {
    input.receive(Buffer.from('last'));
    input.end();
    input.onEnd(() => heard.push('end'));
    assert.deepEqual(heard, []);
    listen('x');
    await soon();
    assert.deepEqual(heard, ['x:last', 'end']);
    input.onEnd(() => heard.push('end, again'));
    await soon();
    assert.deepEqual(heard.slice(2), ['end, again']);
  });

  it('delivers nothing once it is closed', async () => {
    input.receive(Buffer.from('a'));
    listen('x');
    input.close();
    input.receive(Buffer.from('b'));
    await soon();
    assert.deepEqual(heard, []);
  });
});
