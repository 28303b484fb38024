import { join } from 'node:path';
import { loadDom0Settings } from '../../../config/dom0-settings.js';
import type { Dom0Settings } from '../../../config/dom0-settings.js';
import { BootProfiles } from '../../dom0/boot/boot-profiles.js';
import { ConsoleLogs } from '../../dom0/console-log/console-logs.js';
import { LocalDisk } from '../../dom0/console-log/log-disk.js';
import { Consoles } from '../../dom0/consoles/consoles.js';
import { domidOwner } from '../../dom0/consoles/domid-owner.js';
import { Dom0 } from '../../dom0/dom0.js';
import { toolstackOf } from '../../dom0/toolstack/toolstack-of.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { liveUntilStopped, startFault } from './half.js';
import { dom0Health } from './dom0-health.js';
import { openLog } from './log.js';
import { keepNativeMemorySmall } from './native-memory.js';
import { managerOf } from './service-manager.js';
import { keepHeapSmall } from './small-heap.js';
import { SettingsReload } from './settings-reload.js';
import { VERSION } from '../command/version.js';
import { valid } from '../command/settings-option.js';

/** Runs the dom0 half until it is told to stop; with `check`, only reads its settings. @throws CliError when it cannot start */
export async function runDom0(file: string, { check = false } = {}): Promise<void> {
  const settings = valid(loadDom0Settings(file));
  if (check) {
    checkProfiles(settings);
    process.stdout.write(`${file}: the settings are sound\n`);
    return;
  }
  const log = openLog('dom0', settings.log.level);
  const manager = managerOf(process.env, log);
  const life = liveUntilStopped(log, manager);
  const toolstack = toolstackOf(settings.toolstack);
  const consoles = new Consoles({
    command: (domid) => {
      const { file, args, environment } = toolstack.consoleCommand(domid);
      return { file, args, env: environment, cwd: '/' };
    },
    whose: (name, incarnation) => domidOwner(toolstack, name, incarnation),
    passesEscape: settings.toolstack.consoleEscapeOption,
    attach: settings.console.attach,
    announceAdmins: settings.console.announceAdmins,
    logs: settings.console.log.keep
      ? new ConsoleLogs({
          folder: join(settings.state, 'console-log'),
          disk: new LocalDisk(),
          limits: settings.console.log,
          goneAfterMs: settings.observe.goneAfterSeconds * 1000,
          logger: log,
        })
      : null,
    logger: log,
  });
  const dom0 = new Dom0({ settings, version: VERSION, toolstack, consoles, logger: log });
  life.serve(dom0);
  try {
    manager.status('Reading the journal and looking at the domains.');
    await dom0.start();
  } catch (error) {
    log.fatal(startFault(error), 'dom0.not-started');
    throw new CliError(`the dom0 half cannot start: ${(error as Error).message}`);
  }
  const { intervalSeconds } = settings.observe;
  const take = (next: Dom0Settings): Dom0Settings => ({ ...settings, ...dom0.reload(next) }) as Dom0Settings;
  const reload = new SettingsReload(() => loadDom0Settings(file), take, log);
  process.on('SIGHUP', () => {
    manager.reload(() => {
      reload.reload();
    });
  });
  manager.ready(() => dom0Health(dom0.health, intervalSeconds, reload.troubles));
  void consoles.loaded().then(keepHeapSmall);
  keepNativeMemorySmall();
  // For the demo, and for who starts it by hand.
  if (!manager.isThere) process.stdout.write(`postern dom0 ready on ${settings.socket}\n`);
}

/** What a start and a reload refuse, too. @throws CliError */
function checkProfiles({ profiles }: Dom0Settings): void {
  try {
    new BootProfiles(profiles);
  } catch (error) {
    throw new CliError(`the settings cannot be used: ${(error as Error).message}`, EXIT.usage);
  }
}
