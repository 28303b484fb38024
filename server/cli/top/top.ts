import type { Command } from 'commander';
import type { GateSettings } from '../../../config/gate-settings.js';
import type { LiveConsole, LiveView } from '../../gate/control/session-answers.js';
import { adminName } from '../admin/admin-name.js';
import { adminCommand, withAdminClient } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { AdminAttachment } from '../console/admin-attachment.js';
import type { AdminTerminal } from '../console/admin-attachment.js';
import { ConsoleConnection, passesEscape } from '../console/console-connection.js';
import { TopScreen } from './top-screen.js';

/** Adds `postern top`. */
export function addTopCommand(program: Command): void {
  adminCommand(
    program,
    'top',
    'Watch who is logged in, where and doing what; end a session, or watch its console.',
    ['postern top', 'postern top --json | jq .sessions[].customer'],
  ).action(async (options: AdminOptions) => {
    const { stdin, stdout, stderr } = process;
    if (options.json !== true && (!stdin.isTTY || !stdout.isTTY))
      throw new CliError(
        'postern top needs a terminal: `postern top --json` or `postern session list` print',
        EXIT.usage,
      );
    await withAdminClient(options, async (client, settings) => {
      const live = async (): Promise<LiveView> => (await client.askGate('GET', '/live')) as LiveView;
      const first = await live();
      if (options.json === true) {
        stdout.write(`${JSON.stringify(first, null, 2)}\n`);
        return;
      }
      const term = process.env['TERM'] ?? 'dumb';
      const terminal: AdminTerminal = { input: stdin, output: stdout, notices: stderr, term };
      await new TopScreen({
        terminal,
        charset: /utf-?8/i.test(locale()) ? 'utf-8' : 'ascii',
        live,
        end: async (session, reason) => {
          const path = `/sessions/${encodeURIComponent(session)}`;
          await client.askGate('DELETE', path, reason === null ? {} : { reason });
        },
        watch: (console) => watch(console, settings, terminal),
      }).run();
    });
  });
}

/** As `postern console --watch`, by the gate's way to the host. The dom0 half has it in its journal. */
async function watch(
  { domain, host }: LiveConsole,
  settings: GateSettings,
  terminal: AdminTerminal,
): Promise<void> {
  const socket = settings.hosts.find(({ name }) => name === host)?.socket;
  if (socket === undefined) throw new CliError(`gate.yaml has no host ${host ?? ''}`);
  const { output } = terminal;
  const escape = await passesEscape(socket);
  const connection = await ConsoleConnection.open(socket, {
    domain,
    mode: 'watch',
    takeover: false,
    columns: output.columns ?? 80,
    rows: output.rows ?? 24,
    admin: adminName(),
  });
  await new AdminAttachment(terminal, connection, escape).run();
}

function locale(): string {
  const { LC_ALL = '', LC_CTYPE = '', LANG = '' } = process.env;
  return LC_ALL || LC_CTYPE || LANG;
}
