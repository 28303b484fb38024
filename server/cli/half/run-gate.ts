import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { GateSettings } from '../../../config/gate-settings.js';
import { loadGateSettings } from '../../../config/gate-settings.js';
import { Administration } from '../../gate/control/administration.js';
import type { RunningGate } from '../../gate/control/control-ports.js';
import { ControlServer } from '../../gate/control/control-server.js';
import { takeOverview } from '../../gate/control/overview-routes.js';
import { Coordinator } from '../../gate/coordinator.js';
import { Gate } from '../../gate/gate.js';
import { GateMetrics } from '../../gate/metrics/gate-metrics.js';
import { MetricsError, MetricsServer } from '../../gate/metrics/metrics-server.js';
import { HostKeyError } from '../../gate/ssh/host-key-error.js';
import { HostKeys } from '../../gate/ssh/host-keys.js';
import { Store } from '../../store/store.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { DATABASE } from '../../store/state-directory.js';
import { openUsage } from './open-usage.js';
import type { UsageHistory } from '../../store/usage-history.js';
import type { HalfLogger } from '../../wire/logger.js';
import { awaitFormerWorkers, lockState } from '../../store/state-lock.js';
import { CliError } from '../command/exit-status.js';
import type { Half } from './half.js';
import { limitsOfThisProcess, whyTooFewFiles } from './open-files.js';
import { inheritedSockets } from './inherited-sockets.js';
import { liveUntilStopped, startFault } from './half.js';
import { GateHealth } from './gate-health.js';
import { openLog } from './log.js';
import { managerOf } from './service-manager.js';
import { keepNativeMemorySmall } from './native-memory.js';
import { keepHeapSmall } from './small-heap.js';
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
  const manager = managerOf(process.env, log);
  const life = liveUntilStopped(log, manager);
  const half = new GateHalf(settings, log);
  life.serve(half);
  try {
    manager.status('Reading the policy and opening the database.');
    const addresses = (await half.start()).map(shown);
    log.info({ addresses, version: VERSION }, 'gate.listening');
    process.on('SIGHUP', () => {
      manager.reload(() => {
        half.reload();
      });
    });
    const health = half.health();
    manager.ready(() => health.now());
    keepNativeMemorySmall();
    keepHeapSmall();
    // For the demo, and for who starts it by hand.
    if (!manager.isThere) process.stdout.write(`postern gate ready on ${addresses.join(', ')}\n`);
  } catch (error) {
    log.fatal(startFault(error), 'gate.not-started');
    // Whatever is open by now, the control socket above all, would keep the process alive without a gate in
    // it.
    await half.stop();
    throw new CliError(`the gate cannot start: ${(error as Error).message}`);
  }
}

/** The gate with its database and its control socket. */
class GateHalf implements Half {
  readonly #settings: GateSettings;
  readonly #log: HalfLogger;
  #hostKeys: HostKeys | undefined;
  #store: Store | undefined;
  #usage: UsageHistory | null = null;
  #control: ControlServer | undefined;
  #gate: Gate | Coordinator | undefined;
  #administration: Administration | undefined;
  #unlock: () => void = () => undefined;
  #endMeasuring: () => Promise<void> = () => Promise.resolve();

  constructor(settings: GateSettings, log: HalfLogger) {
    this.#settings = settings;
    this.#log = log;
  }

  /** @returns the addresses on which customers can log in */
  async start(): Promise<readonly { readonly host: string; readonly port: number }[]> {
    const settings = this.#settings;
    const log = this.#log;
    const hostKeys = HostKeys.open(settings);
    this.#hostKeys = hostKeys;
    const tooFewFiles = whyTooFewFiles(settings.login.connections, limitsOfThisProcess());
    if (tooFewFiles !== null) log.warn({ why: tooFewFiles }, 'gate.few-files');
    for (const { message } of hostKeys.problems) log.warn({ why: message }, 'host-key.unused');
    this.#unlock = lockState(settings.state);
    await awaitFormerWorkers(settings.state);
    const store = Store.open(join(settings.state, DATABASE), { shared: settings.workers > 1 });
    this.#store = store;
    this.#control = new ControlServer(
      {
        answer: async (request) => {
          const { hosts } = this.#gate?.core ?? {};
          if (hosts === undefined) throw new Error('the gate is still starting');
          await hosts.tried();
          if (this.#administration === undefined) throw new Error('the gate is still starting');
          const answer = await this.#administration.answer(request);
          // What an admin has changed is so everywhere when the command ends.
          if (request.method !== 'GET' && this.#gate instanceof Coordinator) await this.#gate.settled();
          return answer;
        },
      },
      settings.controlSocket,
      log,
    );
    // Before the gate writes to the audit log: another gate may be running here.
    await this.#control.listen();
    this.#usage = openUsage(settings.state, true, log);
    const parts = {
      settings,
      store,
      usageHistory: this.#usage,
      policySource: new PolicyFiles(settings.policy, settings.state, log),
      hostKeys,
      version: VERSION,
      handed: inheritedSockets(process.env, process.pid),
      log,
    };
    const live = join(dirname(settings.controlSocket), 'live.db');
    const gate =
      settings.workers === 1 ? new Gate(parts) : new Coordinator({ ...parts, live, spawn: spawnWorker });
    this.#gate = gate;
    const running: RunningGate = {
      version: VERSION,
      startedAt: new Date(),
      sessions: gate.sessions,
      announcements:
        gate instanceof Coordinator ? { make: (text) => gate.announce(text) } : gate.core.announcements,
      policy: gate.core.policy,
      readPolicy: policyOfTexts,
      observations: gate.core.hosts,
      atOnce: (query) => gate.core.gateWide.attachments.count(query),
      workers: () => (gate instanceof Coordinator ? gate.workers : []),
      openConsoles: () => gate.core.gateWide.attachments.open(),
      attachments: () => gate.core.gateWide.attachments.list(),
      hosts: gate.core.hosts.links,
      hostKeys,
      logins: gate.logins,
      notices: gate.core.notices,
    };
    this.#administration = Administration.ofRunningGate(store, settings, running);
    await this.#measure(store, running, gate.core);
    return gate.start();
  }

  /** Only after the start. */
  health(): GateHealth {
    const gate = this.#gate;
    const store = this.#store;
    if (gate === undefined || store === undefined) throw new Error('the gate has not started');
    return new GateHealth({
      sessions: gate.sessions,
      consoles: () => gate.core.gateWide.attachments.open(),
      hosts: gate.core.hosts.links,
      policy: gate.core.policy,
      audit: store.audit,
      workers: () => (gate instanceof Coordinator ? gate.workers : null),
    });
  }

  /** Serves numbers where the settings say so.  A port that is taken stops nobody. */
  async #measure(store: Store, gate: RunningGate, core: Gate['core']): Promise<void> {
    const { listen, customers } = this.#settings.metrics;
    if (listen === null) return;
    const { audit } = store;
    const metrics = new GateMetrics({
      audit,
      overview: () => takeOverview(store, this.#settings, gate),
      domains: () =>
        gate.hosts.flatMap(({ name, domains }) =>
          [...domains.values()].map((view) => ({ host: name, view })),
        ),
      usage: () => core.usage?.latest() ?? [],
      consoles: core.consoleMeter,
      sessions: gate.sessions,
      customers,
    });
    const server = new MetricsServer(metrics, listen, this.#log);
    this.#endMeasuring = async () => {
      metrics.close();
      await server.close();
    };
    try {
      const port = await server.listen();
      this.#log.info({ port, listen }, 'metrics.listening');
    } catch (error) {
      if (!(error instanceof MetricsError)) throw error;
      this.#log.error({ why: error.message }, 'metrics.not-served');
    }
  }

  /** Reads the policy files and the host keys again. What cannot be used leaves things as they are. */
  reload(): void {
    this.#gate?.reloadPolicy();
    try {
      if (this.#hostKeys?.reload() !== true) return;
      const announced = this.#hostKeys.announced.map(({ fingerprint }) => fingerprint);
      this.#log.info({ announced }, 'host-keys.reloaded');
      this.#store?.audit.append({ kind: 'hostkeys.changed', actor: null, announced });
    } catch (error) {
      if (error instanceof AuditUnavailableError)
        this.#log.error({ kind: 'hostkeys.changed', err: error }, 'audit.unwritable');
      else if (error instanceof HostKeyError)
        this.#log.error({ why: error.message }, 'host-keys.not-reloaded');
      else throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#gate?.stop(FAREWELL);
    await this.#endMeasuring();
    await this.#control?.close();
    this.#store?.close();
    this.#usage?.close();
    this.#unlock();
  }
}

/** A worker is this program again, and has its messages by the channel alone. */
function spawnWorker(): ChildProcess {
  const [program = '', script = ''] = process.argv;
  return spawn(program, [...process.execArgv, script, 'gate-worker'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
}

function shown({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
