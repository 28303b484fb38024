import assert from 'node:assert/strict';
import { NoticeLane } from '../../../server/gate/notices/notice-lane.js';
import { Receiver } from '../../support/notice-receiver.js';
import { silentLogger } from '../../support/silent-logger.js';
import { ADMIN, customerName, TemporaryStore } from '../../support/temporary-store.js';

describe('gate: the messages of one channel of notices', () => {
  it('are made a few at a time, so that nobody waits for thousands of receivers', async () => {
    const temporary = new TemporaryStore();
    try {
      const { customers, notices } = temporary.store;
      const { messages } = notices;
      const names = Array.from({ length: 30 }, (_, at) => customerName(`c${at}`));
      const body = { text: 'horatio has crashed.', customer: null, domain: 'horatio' };
      for (const customer of names) {
        customers.add(customer, ADMIN);
        const to = { channel: 'customers', customer, address: `${customer}@example.net` };
        notices.add(
          { ...to, kind: 'crash', subject: 'crash', body },
          { seq: 1, at: '2026-11-30T12:00:00.000Z' },
        );
      }
      const channel = new Receiver('customers');
      const waiting: number[] = [];
      channel.answer = () => {
        waiting.push(messages.waiting('customers').length);
        return null;
      };
      const lane = new NoticeLane({ channel, messages, clock: () => new Date(), log: silentLogger });
      await lane.run();
      assert.deepEqual(channel.got.map(({ customer }) => customer).sort(), names.sort());
      assert.ok(Math.max(...waiting) <= 4, waiting.join());
    } finally {
      temporary.remove();
    }
  });
});
