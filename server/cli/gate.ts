import { join } from 'node:path';
import type { Command } from 'commander';
import type { GateSettings } from '../../config/gate-settings.js';
import { loadGateSettings } from '../../config/gate-settings.js';
import { Administration } from '../gate/control/administration.js';
import { ControlServer } from '../gate/control/control-server.js';
import { Gate } from '../gate/gate.js';
import { HostKey } from '../gate/ssh/host-key.js';
import { Store } from '../store/store.js';
import { DATABASE } from './desk.js';
import { CliError } from './exit-status.js';
import type { Half } from './half.js';
import { liveUntilStopped } from './half.js';
import { openLog } from './log.js';
import { PolicyFiles } from './policy-files.js';
import { GATE_SETTINGS, valid } from './settings-option.js';
import { VERSION } from './version.js';

/** What each session reads when the gate is stopped. */
const FAREWELL =
  'This console service is being restarted; your server is not touched. Log in again in a moment.';

/** Adds `postern gate`: the half that faces the network, in the foreground. */
export function addGateCommand(program: Command): void {
  program
    .command('gate')
    .description('Run the gate: SSH, menus, policy and the audit log, as an unprivileged user.')
    .option('--settings <file>', 'its settings', GATE_SETTINGS)
    .addHelpText(
      'after',
      '\nExamples:\n  postern gate\n  systemctl start postern-gate\n  systemctl reload postern-gate',
    )
    .action(async ({ settings }: { readonly settings: string }) => {
      await runGate(valid(loadGateSettings(settings)));
    });
}

async function runGate(settings: GateSettings): Promise<void> {
  const log = openLog('gate', settings.log.level);
  const life = liveUntilStopped(log);
  try {
    const house = openHouse(settings, log);
    life.serve(house);
    process.on('SIGHUP', () => {
      house.gate.reloadPolicy();
    });
    const addresses = await house.start();
    process.stdout.write(`postern gate ready on ${addresses.map(shown).join(', ')}\n`);
  } catch (error) {
    log.fatal({ err: error }, 'the gate cannot start');
    throw new CliError(`the gate cannot start: ${(error as Error).message}`);
  }
}

interface GateHalf extends Half {
  readonly gate: Gate;
  start(): Promise<readonly { readonly host: string; readonly port: number }[]>;
}

function openHouse(settings: GateSettings, log: ReturnType<typeof openLog>): GateHalf {
  const store = Store.open(join(settings.state, DATABASE));
  const gate = new Gate({
    settings,
    store,
    policySource: new PolicyFiles(settings.policy, settings.state, log),
    hostKey: HostKey.open(settings.hostKey),
    version: VERSION,
    log,
  });
  const administration = Administration.ofRunningGate(store, settings, {
    version: VERSION,
    startedAt: new Date(),
    sessions: gate.sessions,
    policy: gate.policy,
    hosts: gate.hosts.links,
  });
  const control = new ControlServer(administration, settings.controlSocket, log);
  return {
    gate,
    async start() {
      // First: it tells whether another gate runs here.
      await control.listen();
      return gate.start();
    },
    async stop() {
      await gate.stop(FAREWELL);
      await control.close();
      store.close();
    },
  };
}

function shown({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
