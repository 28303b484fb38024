import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { RecordingsPruned, RecordingView } from '../../gate/control/record-answers.js';
import { adminCommand, adminNoun, ask, say, withAdminClient } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { NewFile, toStdout } from '../command/new-file.js';
import { withQuery } from '../command/query.js';
import { table, utc } from '../command/table.js';
import { timeOrAgo } from '../command/time-or-ago.js';

interface ListOptions extends AdminOptions {
  readonly customer?: string;
  readonly domain?: string;
  readonly since?: string;
}

interface PruneOptions extends AdminOptions {
  readonly olderThan?: string;
  readonly dryRun?: true;
}

/** Adds `postern recording …`. */
export function addRecordingCommand(program: Command): void {
  const recording = adminNoun(
    program,
    'recording',
    'Recordings of console visits, for the customers and domains that `consoles:` of the policy names (docs/recording.md).',
    ['postern recording list --since 7d', 'postern recording export 3f9ac91e04b7 | asciinema play -'],
  );

  adminCommand(recording, 'list', 'List the recordings, oldest first.', [
    'postern recording list --customer alice --domain horatio --since 7d',
  ])
    .option('--customer <customer>', 'only those of visits of this customer')
    .option('--domain <domain>', 'only those of visits to this domain')
    .option(
      '--since <time>',
      'only recordings that began from a time on: 2026-01-31, or 90m, 2h, 7d ago',
      timeOrAgo,
    )
    .action(async (options: ListOptions) => {
      const { customer, domain, since } = options;
      const path = withQuery('/recordings', { customer, domain, since });
      const answer = await ask<{ recordings: RecordingView[] }>(options, 'GET', path);
      say(options, answer.recordings, recordingTable(answer.recordings, 'there are no recordings'));
    });

  adminCommand(
    recording,
    'export <id> [file]',
    'Write a recording into a new file, or to the standard output (-). The audit log records it.',
    [
      'postern recording export 3f9ac91e04b7 visit.cast',
      'postern recording export 3f9ac91e04b7 | asciinema play -',
    ],
  ).action(async (id: string, name: string | undefined, options: AdminOptions) => {
    const path = `/recordings/${encodeURIComponent(id)}/export`;
    if (name === undefined || name === '-') {
      await withAdminClient(options, (client) => client.fetch('POST', path, toStdout));
      return;
    }
    const file = resolve(name);
    const copy = await NewFile.create(file);
    await copy.fill((take) => withAdminClient(options, (client) => client.fetch('POST', path, take)));
    say(options, { recording: id, file }, `${file} is written\n`);
  });

  adminCommand(
    recording,
    'prune',
    'Remove recordings that are too old or too many by the settings, or all that ended before a time. A running one stays.',
    ['postern recording prune --dry-run', 'postern recording prune --older-than 90d'],
  )
    .option('--older-than <time>', 'recordings that ended before: 2026-01-31, or 12h, 90d ago', timeOrAgo)
    .option('--dry-run', 'only say what would be removed')
    .action(async (options: PruneOptions) => {
      const given = { before: options.olderThan, dry: options.dryRun === true };
      const { removed } = await ask<RecordingsPruned>(options, 'POST', '/recordings/prune', given);
      const what = given.dry ? 'would be removed' : 'were removed';
      const text = removed.length === 0 ? '' : `${removed.length} ${what}\n`;
      say(options, removed, `${recordingTable(removed, 'there is nothing to remove')}${text}`);
    });
}

function recordingTable(recordings: readonly RecordingView[], none: string): string {
  const rows = recordings.map(({ id, customer, domain, begunAt, endedAt, record, bytes }) => [
    id,
    customer,
    domain,
    utc(begunAt),
    endedAt === null ? 'not ended' : utc(endedAt),
    record,
    `${Math.ceil(bytes / 1024)} KiB`,
  ]);
  return table(['ID', 'CUSTOMER', 'DOMAIN', 'BEGAN', 'ENDED', 'RECORDED', 'SIZE'], rows, none);
}
