import type { Command } from 'commander';
import type { MaintenanceStatus } from '../../gate/control/status-answers.js';
import { adminCommand, adminNoun, ask, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { utc } from '../command/table.js';
import { timeOrAhead } from '../command/time-or-ago.js';

interface OnOptions extends AdminOptions {
  readonly until?: string;
  readonly closeConsoles?: true;
}

/** Adds `postern maintenance …`. */
export function addMaintenanceCommand(program: Command): void {
  const maintenance = adminNoun(
    program,
    'maintenance',
    'Let customers look and read, and change nothing, with a sentence that says why.',
    ['postern maintenance on "New disks for xen1." --until 4h', 'postern maintenance off'],
  );

  adminCommand(
    maintenance,
    'on <sentence>',
    'Begin it, or say it anew. Customers read the sentence at the top of the menu, and for each change that is refused.',
    [
      'postern maintenance on "New disks for xen1."',
      'postern maintenance on "New disks for xen1." --until 2026-12-24T22:00Z --close-consoles',
    ],
  )
    .option('--until <time>', 'when it ends by itself: 2026-12-24T22:00Z, or in 90m, 4h', timeOrAhead)
    .option('--close-consoles', 'close consoles as well, those that are open at once; watching goes on')
    .action(async (sentence: string, options: OnOptions) => {
      const { until, closeConsoles } = options;
      await tell(options, 'PUT', { sentence, until, closeConsoles });
    });

  adminCommand(maintenance, 'off', 'End it.', ['postern maintenance off']).action(
    async (options: AdminOptions) => {
      await tell(options, 'DELETE');
    },
  );

  adminCommand(maintenance, 'status', 'Say whether it is on.', ['postern maintenance status']).action(
    async (options: AdminOptions) => {
      await tell(options, 'GET');
    },
  );
}

async function tell(
  options: AdminOptions,
  method: 'GET' | 'PUT' | 'DELETE',
  body: object = {},
): Promise<void> {
  const status = await ask(options, method, '/maintenance', body);
  say(options, status, statusText(status as MaintenanceStatus));
}

function statusText({ maintenance }: MaintenanceStatus): string {
  if (maintenance === null) return 'maintenance is off\n';
  const { since, until, consolesClosed, sentence } = maintenance;
  const end = until === null ? 'until an admin ends it' : `until ${utc(until)}`;
  const consoles = consolesClosed ? 'closed' : 'open';
  return `maintenance is on since ${utc(since)}, ${end}; consoles are ${consoles}\n${sentence}\n`;
}
