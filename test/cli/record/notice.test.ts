import assert from 'node:assert/strict';
import { noticeTables } from '../../../server/cli/record/notice.js';
import { customerName } from '../../support/temporary-store.js';

const MESSAGE = {
  id: 'm',
  channel: 'chat',
  customer: null,
  state: 'sent',
  notices: 1,
  madeAt: '2026-11-30T11:20:00.000Z',
  dueAt: '2026-11-30T11:20:00.000Z',
  attempts: 1,
  endedAt: '2026-11-30T11:20:01.000Z',
  trouble: null,
} as const;

describe('postern notice list', () => {
  it('says so without channels', () => {
    assert.equal(
      noticeTables({ channels: [], messages: [] }),
      'there are no channels: see notices in gate.yaml\n',
    );
  });

  it('shows channels, then messages, with what hinders them', () => {
    const shown = noticeTables({
      channels: [
        {
          name: 'chat',
          type: 'webhook',
          waiting: 12,
          stuckSince: '2026-11-30T02:14:09.000Z',
          failed: 1,
          lastSentAt: '2026-11-29T23:10:44.000Z',
          trouble: 'it answered with status 503',
        },
      ],
      messages: [
        MESSAGE,
        { ...MESSAGE, state: 'waiting', attempts: 0, endedAt: null },
        {
          ...MESSAGE,
          channel: 'customers',
          customer: customerName('alice'),
          state: 'waiting',
          attempts: 9,
          dueAt: '2026-11-30T11:58:40.000Z',
          trouble: 'exit status 1: \u001b[31mno',
        },
        { ...MESSAGE, state: 'failed', attempts: 80, trouble: 'it answered with status 503' },
      ],
    });
    assert.deepEqual(
      shown.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  ')),
      [
        'CHANNEL  BY  WAITING  LAST SENT (UTC)  TROUBLE',
        'chat  webhook  12  2026-11-29 23:10:44  it answered with status 503; 1 message given up',
        '',
        'MADE (UTC)  CHANNEL  FOR  NOTICES  STATE',
        '2026-11-30 11:20:00  chat  -  1  sent 2026-11-30 11:20:01',
        '2026-11-30 11:20:00  chat  -  1  waiting',
        '2026-11-30 11:20:00  customers  alice  1  9 attempts, again at 2026-11-30 11:58:40: exit status 1: ^[[31mno',
        '2026-11-30 11:20:00  chat  -  1  given up after 80 attempts: it answered with status 503',
        '',
      ],
    );
  });
});
