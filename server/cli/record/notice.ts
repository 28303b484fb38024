import type { Command } from 'commander';
import { counted } from '../../../policy/listing.js';
import type { NoticeChannelStatus, NoticeStatus } from '../../gate/notices/notice-delivery.js';
import type { MessageStatus } from '../../store/notice-messages.js';
import { adminCommand, adminNoun, ask, askGate, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { withQuery } from '../command/query.js';
import { shortTime, table } from '../command/table.js';

/** Adds `postern notice …`. */
export function addNoticeCommand(program: Command): void {
  const notice = adminNoun(
    program,
    'notice',
    'Notices of what happens: their channels, a test, and addresses of customers (docs/notices.md).',
    ['postern notice list', 'postern notice test pager'],
  );

  adminCommand(notice, 'list', 'List the channels, what waits in them, and the last messages.', [
    'postern notice list',
    'postern notice list --limit 200 --json',
  ])
    .option('--limit <number>', 'the most messages; 20 when not given')
    .action(async (options: AdminOptions & { readonly limit?: string }) => {
      const { limit } = options;
      const answer = await askGate<NoticeStatus>(options, 'GET', withQuery('/notices', { limit }));
      say(options, answer, noticeTables(answer));
    });

  adminCommand(notice, 'test <channel>', 'Send a test by a channel, now, and say whether it arrived.', [
    'postern notice test pager',
  ]).action(async (channel: string, options: AdminOptions) => {
    const answer = await askGate(options, 'POST', '/notices/test', { channel });
    say(options, answer, `the channel ${channel} has taken the test\n`);
  });

  adminCommand(notice, 'forget <customer>', 'Forget where a customer is told; the address is told so.', [
    'postern notice forget alice',
  ]).action(async (customer: string, options: AdminOptions) => {
    const path = `/notices/addresses/${encodeURIComponent(customer)}`;
    const answer = await ask(options, 'DELETE', path);
    say(options, answer, `${customer} is told nothing any more\n`);
  });
}

/** The channels, then the messages. */
export function noticeTables({ channels, messages }: NoticeStatus): string {
  const heads = table(
    ['CHANNEL', 'BY', 'WAITING', 'LAST SENT (UTC)', 'TROUBLE'],
    channels.map(channelRow),
    'there are no channels: see notices in gate.yaml',
  );
  if (messages.length === 0) return heads;
  return `${heads}\n${table(['MADE (UTC)', 'CHANNEL', 'FOR', 'NOTICES', 'STATE'], messages.map(messageRow), '')}`;
}

function channelRow({ name, type, waiting, lastSentAt, trouble, failed }: NoticeChannelStatus): string[] {
  const given = failed === 0 ? [] : [`${counted(failed, 'message')} given up`];
  return [
    name,
    type,
    String(waiting),
    shortTime(lastSentAt),
    [...(trouble === null ? [] : [trouble]), ...given].join('; '),
  ];
}

function messageRow(message: MessageStatus): string[] {
  const { madeAt, channel, customer, notices, state, endedAt, attempts, dueAt, trouble } = message;
  const how = {
    sent: `sent ${shortTime(endedAt)}`,
    failed: `given up after ${counted(attempts, 'attempt')}: ${trouble ?? ''}`,
    waiting:
      attempts === 0
        ? 'waiting'
        : `${counted(attempts, 'attempt')}, again at ${shortTime(dueAt)}: ${trouble ?? ''}`,
  };
  return [shortTime(madeAt), channel, customer ?? '-', String(notices), how[state]];
}
