import type { Socket } from 'node:net';
import { LiveState } from '../store/live-state.js';
import type { Store } from '../store/store.js';
import type { UsageHistory } from '../store/usage-history.js';
import type { Policy } from '../../policy/policy.js';
import type { Logger } from '../wire/logger.js';
import { idPrefixOf } from './coordinator.js';
import { Gate } from './gate.js';
import type { GateSettings } from './gate.js';
import { HostKeyError } from './ssh/host-key-error.js';
import type { HostKeys } from './ssh/host-keys.js';
import { HandedFront } from './workers/handed-front.js';
import type { Batch, Begin, FromWorker, SentPolicy, ToWorker } from './workers/messages.js';
import type { Outbox } from './workers/outbox.js';
import { SharedGateWide } from './workers/shared-gate-wide.js';
import { ToldAudit } from './workers/told-audit.js';

interface WorkerParts {
  readonly begin: Begin;
  readonly settings: GateSettings;
  readonly store: Store;
  readonly usageHistory?: UsageHistory | null;
  readonly hostKeys: HostKeys;
  /** Makes a policy of the texts of files. @throws Error when it is not sound */
  readonly readPolicy: (texts: SentPolicy['texts']) => Policy;
  readonly outbox: Outbox<FromWorker>;
  readonly log: Logger;
  /** Called when its sessions have ended. */
  readonly stopped: () => void;
}

/** How long rows of logins may take to be written when it stops. Milliseconds. */
const SETTLE_MS = 1_000;
/** How often the coordinator hears how much was recorded. Milliseconds. */
const RECORDED_MS = 500;
/** How often the coordinator hears what went through consoles. Milliseconds. */
const MEASURED_MS = 2_000;

const ORPHANED =
  'This console service is being restarted; your server is not touched. Log in again in a moment.';

/** One of the processes of a gate that serve connections. */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #gate: Gate;
  readonly #gateWide: SharedGateWide;
  readonly #front: HandedFront;
  readonly #audit: ToldAudit;
  readonly #live: LiveState;
  /** Bytes of the recordings that have grown, by recording. */
  readonly #grown = new Map<string, number>();
  #sizesSoon: NodeJS.Timeout | null = null;
  #stopping = false;

  constructor(parts: WorkerParts) {
    const { begin, settings, store, hostKeys, outbox, log } = parts;
    this.#parts = parts;
    this.#live = LiveState.open(begin.live);
    this.#gateWide = new SharedGateWide({ live: this.#live, worker: begin.worker }, (connections) => {
      outbox.post({ kind: 'make-room', connections });
    });
    this.#front = new HandedFront(outbox, settings.login.graceSeconds * 1000, log);
    this.#audit = new ToldAudit(outbox);
    // What others write from here on is heard of, and all before is read from the store.
    store.audit.share(() => {
      outbox.post({ kind: 'rows' });
    });
    const accepted = this.#read(begin.policy);
    this.#gate = new Gate({
      settings,
      store,
      usageHistory: parts.usageHistory ?? null,
      policySource: {
        load: () => ({ ok: true, ...accepted }),
        lastAccepted: () => accepted,
        keep: () => undefined,
      },
      hostKeys,
      version: begin.version,
      log,
      membership: {
        gateWide: this.#gateWide,
        front: this.#front,
        audit: this.#audit,
        keyUse: {
          advanceCounter: (...used) => store.keyUse.advanceCounter(...used),
          touch: (customer, fingerprint) => {
            outbox.post({ kind: 'key-used', customer, fingerprint });
            return Promise.resolve();
          },
        },
        idPrefix: idPrefixOf(begin.worker),
        recordingKeeper: {
          runs: (recording, runs) => {
            this.#tellSizes();
            outbox.post({ kind: 'recording', recording, runs });
            outbox.flush();
          },
          grew: (recording, bytes) => {
            this.#grew(recording, bytes);
          },
        },
      },
    });
  }

  /** Begins to follow the hosts, and takes connections. */
  async start(): Promise<void> {
    await this.#gate.start();
    setInterval(() => {
      const use = this.#gate.core.consoleMeter.take();
      if (use !== null) this.#parts.outbox.post({ kind: 'console-use', use });
    }, MEASURED_MS).unref();
    this.#parts.outbox.post({ kind: 'ready' });
  }

  /** Takes what the coordinator tells. */
  heard(batch: Batch<ToWorker>, socket: Socket | undefined): void {
    for (const message of batch) this.#take(message, socket);
  }

  /** Shows each session the sentence and ends it. Twice is harmless. */
  async stop(sentence: string): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#gate.stop(sentence);
    await this.#audit.settle(SETTLE_MS);
    this.#parts.stopped();
  }

  /** The coordinator has gone: nobody would tell of a right that was taken away. */
  orphaned(): void {
    this.#parts.log.error({}, 'worker.orphaned');
    void this.stop(ORPHANED);
  }

  #take(message: ToWorker, socket: Socket | undefined): void {
    const { outbox, store } = this.#parts;
    const { sessions, core } = this.#gate;
    switch (message.kind) {
      case 'arrival':
        this.#front.take(message.arrival, message.address, socket);
        return;
      case 'drop':
        this.#front.drop(message.arrival);
        return;
      case 'rows':
        store.audit.catchUp();
        return;
      case 'policy':
        core.policy.take(this.#read(message.policy));
        return;
      case 'host-keys':
        this.#reloadHostKeys();
        return;
      case 'end':
        for (const id of message.ids) sessions.end(id, message.sentence);
        return;
      case 'make-room':
        this.#gateWide.makeRoom(message.connections);
        return;
      case 'announce': {
        void core.announcements.make(message.text).then((told) => {
          outbox.post({ kind: 'answer', ask: message.ask, told });
        });
        return;
      }
      case 'ask':
        // Listeners hear of rows in microtasks, so after this turn they have.
        setImmediate(() => {
          outbox.post({ kind: 'answer', ask: message.ask, told: 0 });
        });
        return;
      case 'appended':
        this.#audit.appended(message.batch, message.faults);
        return;
      case 'fill':
        core.recordings.fill(message.recording);
        return;
      case 'stop':
        void this.stop(message.sentence);
        return;
      case 'begin':
    }
  }

  #reloadHostKeys(): void {
    const { hostKeys, log } = this.#parts;
    try {
      hostKeys.reload();
    } catch (error) {
      if (!(error instanceof HostKeyError)) throw error;
      log.error({ why: error.message }, 'host-keys.not-reloaded');
    }
  }

  #read({ revision, digest, texts }: SentPolicy): {
    readonly policy: Policy;
    readonly digest: string;
    readonly revision: number;
  } {
    return { policy: this.#parts.readPolicy(texts), digest, revision };
  }

  #grew(recording: string, bytes: number): void {
    this.#grown.set(recording, bytes);
    this.#sizesSoon ??= setTimeout(() => {
      this.#sizesSoon = null;
      this.#tellSizes();
    }, RECORDED_MS).unref();
  }

  #tellSizes(): void {
    if (this.#grown.size > 0) this.#parts.outbox.post({ kind: 'recorded', sizes: [...this.#grown] });
    this.#grown.clear();
  }
}
