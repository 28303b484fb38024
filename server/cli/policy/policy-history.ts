import type { Command } from 'commander';
import { keptRevisions } from '../../../config/accepted-policy.js';
import type { KeptRevision } from '../../../config/accepted-policy.js';
import { basename } from 'node:path';
import type { PolicyStatus } from '../../gate/control/status-answers.js';
import { adminCommand, withAdminClient, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { acceptedDirectory } from '../admin/policy-files.js';
import { shortTime, table } from '../command/table.js';

/** Adds `postern policy history`. */
export function addHistoryCommand(policy: Command): void {
  adminCommand(
    policy,
    'history',
    'List the last ten policies that were in force, with the time and the admin who loaded them.',
    ['postern policy history'],
  ).action(async (options: AdminOptions) => {
    await withAdminClient(options, async (client, settings) => {
      const status = (await client.askRunningGate('GET', '/policy')) as PolicyStatus | null;
      const kept = keptRevisions(acceptedDirectory(settings.state));
      const inForce = status?.revision ?? kept[0]?.revision;
      const rows = kept.map((one) => [...cells(one), one.revision === inForce ? 'in force' : '']);
      const head = ['REVISION', 'SINCE (UTC)', 'BY', 'FILES', ''];
      say(options, kept.map(json), table(head, rows, 'no policy was ever in force'));
    });
  });
}

function cells({ revision, found }: KeptRevision): readonly string[] {
  if (typeof found === 'string') return [String(revision), '', '', `cannot be used: ${found}`];
  const files = found.loaded.sources.map(({ file }) => basename(file)).join(' ');
  return [String(revision), shortTime(found.acceptedAt.toISOString()), found.by ?? '-', files];
}

function json({ revision, found }: KeptRevision): object {
  if (typeof found === 'string') return { revision, problem: found };
  const { acceptedAt, by, loaded } = found;
  return { revision, acceptedAt, by, digest: loaded.digest, files: loaded.sources.map(({ file }) => file) };
}
