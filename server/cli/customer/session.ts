import type { Command } from 'commander';
import type { SessionView } from '../../gate/control/session-answers.js';
import type { AnnouncementMade } from '../../gate/control/status-answers.js';
import { adminCommand, adminNoun, askGate, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { withQuery } from '../command/query.js';
import { table, utc } from '../command/table.js';

/** Adds `postern session …`. */
export function addSessionCommand(program: Command): void {
  const session = adminNoun(program, 'session', 'The live sessions of the running gate.', [
    'postern session list',
    'postern session end 7f3a.1 --reason "maintenance at 22:00"',
    'postern session announce "The host restarts at 22:00 UTC."',
  ]);

  adminCommand(session, 'list', 'List the live sessions, and connections without one.', [
    'postern session list --customer alice',
  ])
    .option('--customer <customer>', 'only those of this customer')
    .action(async (options: AdminOptions & { readonly customer?: string }) => {
      const path = withQuery('/sessions', { customer: options.customer });
      const answer = await askGate<{ sessions: SessionView[] }>(options, 'GET', path);
      say(options, answer.sessions, sessionTable(answer.sessions));
    });

  adminCommand(session, 'end <session>', 'End a session; the customer is told.', [
    'postern session end 7f3a.1 --reason "maintenance at 22:00"',
  ])
    .option('--reason <text>', 'one line; the customer reads it')
    .action(async (id: string, options: AdminOptions & { readonly reason?: string }) => {
      const { reason } = options;
      const path = `/sessions/${encodeURIComponent(id)}`;
      const answer = await askGate(options, 'DELETE', path, { reason });
      say(options, answer, `session ${id} is ended\n`);
    });

  adminCommand(session, 'announce <text>', 'Say something to all who are in a menu or on a console.', [
    'postern session announce "The host restarts at 22:00 UTC: save your work."',
  ]).action(async (text: string, options: AdminOptions) => {
    const answer = await askGate<AnnouncementMade>(options, 'POST', '/announcements', { text });
    say(options, answer, `${answer.told === 1 ? 'one session was' : `${answer.told} sessions were`} told\n`);
  });
}

export function sessionTable(sessions: readonly SessionView[]): string {
  const rows = sessions.map(({ id, customer, source, openedAt, what, command, domain }) => [
    id,
    customer,
    source,
    utc(openedAt),
    [what === 'connection' ? 'no session' : what, command, domain === null ? null : `(${domain})`]
      .filter((word) => word !== null)
      .join(' '),
  ]);
  return table(['SESSION', 'CUSTOMER', 'FROM', 'SINCE', 'WHAT'], rows, 'there are no live sessions');
}
