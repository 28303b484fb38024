import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import { ScreenQuery } from '../../../server/gate/console/screen-query.js';
import type { ScreenText } from '../../../server/wire/console.js';
import { stopThread } from '../../support/stop-thread.js';

describe('the question for the text of a screen', () => {
  it('takes the answer that came while the machine stood still', async () => {
    const { port1, port2 } = new MessageChannel();
    const query = new ScreenQuery(() => {
      port1.postMessage({ lines: ['~ #'] });
      return true;
    });
    port2.once('message', (screen: ScreenText) => {
      query.heard(screen);
    });
    const reading = query.read();
    stopThread(700);
    assert.notEqual(await reading, null);
    port1.close();
  });

  it('is answered with nothing when no answer comes', async () => {
    assert.equal(await new ScreenQuery(() => true).read(), null);
  });
});
