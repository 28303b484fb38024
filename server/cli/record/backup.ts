import { resolve } from 'node:path';
import type { Command } from 'commander';
import { adminCommand, withAdminClient, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';

/** Adds `postern backup`. */
export function addBackupCommand(program: Command): void {
  adminCommand(
    program,
    'backup <file>',
    'Write a consistent copy of the database (customers, keys, roles, audit log) into a new file, while the gate runs.',
    ['postern backup /var/backups/postern-$(date +%F).db'],
  )
    .addHelpText('after', '\nTo restore it see docs/day-two/restore.md.\n')
    .action(async (name: string, options: AdminOptions) => {
      const file = resolve(name);
      await withAdminClient(options, (client) => client.backup(file));
      say(options, { file }, `${file} is written\n`);
    });
}
