import { join } from 'node:path';
import type { Logger } from 'pino';
import type { GateSettings } from '../../../config/gate-settings.js';
import { loadGateSettings } from '../../../config/gate-settings.js';
import { Administration } from '../../gate/control/administration.js';
import { ControlServer } from '../../gate/control/control-server.js';
import { Gate } from '../../gate/gate.js';
import { HostKey } from '../../gate/ssh/host-key.js';
import { Store } from '../../store/store.js';
import { DATABASE } from '../../store/state-directory.js';
import { lockState } from '../../store/state-lock.js';
import { CliError } from '../command/exit-status.js';
import type { Half } from './half.js';
import { inheritedSockets } from './inherited-sockets.js';
import { liveUntilStopped, startFault } from './half.js';
import { openLog } from './log.js';
import { PolicyFiles, policyOfTexts } from '../admin/policy-files.js';
import { valid } from '../command/settings-option.js';
import { VERSION } from '../command/version.js';

/** Each session reads this when the gate is stopped. */
const FAREWELL =
  'This console service is being restarted; your server is not touched. Log in again in a moment.';

/** Runs the gate until it is told to stop. @throws CliError when it cannot start */
export async function runGate(file: string): Promise<void> {
  const settings = valid(loadGateSettings(file));
  const log = openLog('gate', settings.log.level);
  const life = liveUntilStopped(log);
  const half = new GateHalf(settings, log);
  life.serve(half);
  try {
    const addresses = await half.start();
    process.on('SIGHUP', () => {
      half.reloadPolicy();
    });
    process.stdout.write(`postern gate ready on ${addresses.map(shown).join(', ')}\n`);
  } catch (error) {
    log.fatal(startFault(error), 'the gate cannot start');
    // Whatever is open by now, the control socket above all, would keep the process alive without a gate in
    // it.
    await half.stop();
    throw new CliError(`the gate cannot start: ${(error as Error).message}`);
  }
}

/** The gate with its database and its control socket. */
class GateHalf implements Half {
  readonly #settings: GateSettings;
  readonly #log: Logger;
  #store: Store | undefined;
  #control: ControlServer | undefined;
  #gate: Gate | undefined;
  #administration: Administration | undefined;
  #unlock: () => void = () => undefined;

  constructor(settings: GateSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  /** @returns the addresses on which customers can log in */
  async start(): Promise<readonly { readonly host: string; readonly port: number }[]> {
    const settings = this.#settings;
    const log = this.#log;
    const hostKey = HostKey.open(settings.hostKey);
    this.#unlock = lockState(settings.state);
    const store = Store.open(join(settings.state, DATABASE));
    this.#store = store;
    this.#control = new ControlServer(
      {
        answer: (request) => {
          if (this.#administration === undefined) throw new Error('the gate is still starting');
          return this.#administration.answer(request);
        },
      },
      settings.controlSocket,
      log,
    );
    // Before the gate writes to the audit log: another gate may be running here.
    await this.#control.listen();
    const gate = new Gate({
      settings,
      store,
      policySource: new PolicyFiles(settings.policy, settings.state, log),
      hostKey,
      version: VERSION,
      handed: inheritedSockets(process.env, process.pid),
      log,
    });
    this.#gate = gate;
    this.#administration = Administration.ofRunningGate(store, settings, {
      version: VERSION,
      startedAt: new Date(),
      sessions: gate.sessions,
      announcements: gate.core.announcements,
      policy: gate.core.policy,
      readPolicy: policyOfTexts,
      observations: gate.core.hosts,
      atOnce: (query) => gate.core.liveAttachments.count(query),
      hosts: gate.core.hosts.links,
    });
    return gate.start();
  }

  reloadPolicy(): void {
    this.#gate?.reloadPolicy();
  }

  async stop(): Promise<void> {
    await this.#gate?.stop(FAREWELL);
    await this.#control?.close();
    this.#store?.close();
    this.#unlock();
  }
}

function shown({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
