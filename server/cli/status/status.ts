import type { Command } from 'commander';
import { setTimeout as pause } from 'node:timers/promises';
import type { Overview } from '../../gate/control/overview.js';
import { adminCommand, say, withAdminClient } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { EXIT } from '../command/exit-status.js';
import { diagnosisText } from '../installation/diagnosis.js';
import { overviewFound } from './overview-found.js';
import { overviewText } from './overview-text.js';

/** Milliseconds between two looks of `--watch`: a host's domains are looked at as often. */
const EVERY_MS = 2_000;
/** Puts the cursor into the corner; then what is written replaces what is there, line by line. */
const HOME = '\x1b[H';
const REST_OF_LINE = '\x1b[K\n';
const REST_OF_SCREEN = '\x1b[J';

interface StatusOptions extends AdminOptions {
  readonly watch?: true;
}

/** Adds `postern status`. */
export function addStatusCommand(program: Command): void {
  adminCommand(
    program,
    'status',
    'See both halves, the hosts and what needs you, at a glance. Exit status 1 when something fails.',
    ['postern status', 'postern status --watch', 'postern status --json | jq .overview.sessions'],
  )
    .option('--watch', 'show it anew every two seconds; Ctrl-C ends it')
    .action(async (options: StatusOptions) => {
      await withAdminClient(options, async (client) => {
        for (;;) {
          const overview = (await client.askGate('GET', '/overview')) as Overview;
          const found = overviewFound(overview);
          const ok = found.every(({ level }) => level !== 'fail');
          const answer = { ok, found, overview };
          process.exitCode = ok ? EXIT.done : EXIT.failed;
          const text = overviewText(overview) + (found.length === 0 ? '' : `\n${diagnosisText(found)}`);
          if (options.watch !== true) {
            say(options, answer, text);
            return;
          }
          if (options.json === true) process.stdout.write(`${JSON.stringify(answer)}\n`);
          else process.stdout.write(process.stdout.isTTY ? repainted(text) : `${text}\n`);
          await pause(EVERY_MS);
        }
      });
    });
}

/** The text over what stands on the screen, without a flicker. */
function repainted(text: string): string {
  return `${HOME}${text.replaceAll('\n', REST_OF_LINE)}${REST_OF_SCREEN}`;
}
