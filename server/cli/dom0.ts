import type { Command } from 'commander';
import { loadDom0Settings } from '../../config/dom0-settings.js';
import { Consoles } from '../dom0/consoles/consoles.js';
import { Dom0 } from '../dom0/dom0.js';
import { toolstackOf } from '../dom0/toolstack/toolstack-of.js';
import { CliError } from './exit-status.js';
import { liveUntilStopped } from './half.js';
import { openLog } from './log.js';
import { DOM0_SETTINGS, valid } from './settings-option.js';

/** Adds `postern dom0`: the half that runs on the Xen host, in the foreground. */
export function addDom0Command(program: Command): void {
  program
    .command('dom0')
    .description('Run the dom0 half: consoles and power of the domains of this Xen host, as root.')
    .option('--settings <file>', 'its settings', DOM0_SETTINGS)
    .addHelpText('after', '\nExamples:\n  postern dom0\n  systemctl start postern-dom0')
    .action(async ({ settings }: { readonly settings: string }) => {
      await runDom0(settings);
    });
}

async function runDom0(file: string): Promise<void> {
  const settings = valid(loadDom0Settings(file));
  const log = openLog('dom0', settings.log.level);
  const life = liveUntilStopped(log);
  const toolstack = toolstackOf(settings.toolstack);
  const consoles = new Consoles({
    command: (domid) => {
      const { file, args, environment } = toolstack.consoleCommand(domid);
      return { file, args, env: environment, cwd: '/' };
    },
    passesEscape: settings.toolstack.consoleEscapeOption,
    attach: settings.console.attach,
    logger: log,
  });
  const dom0 = new Dom0({ settings, toolstack, consoles, logger: log });
  life.serve(dom0);
  try {
    await dom0.start();
  } catch (error) {
    log.fatal({ err: error }, 'the dom0 half cannot start');
    throw new CliError(`the dom0 half cannot start: ${(error as Error).message}`);
  }
  process.stdout.write(`postern dom0 ready on ${settings.socket}\n`);
}
