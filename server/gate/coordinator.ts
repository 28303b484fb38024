import type { ChildProcess } from 'node:child_process';
import type { EventActor } from '../store/audit-actor.js';
import type { AuditEvent } from '../store/audit-event.js';
import { LiveState } from '../store/live-state.js';
import type { Store } from '../store/store.js';
import type { UsageHistory } from '../store/usage-history.js';
import type { Logger } from '../wire/logger.js';
import { AuditMarks } from './audit/audit-marks.js';
import type { LiveSession, LiveSessions, Logins, WorkerStatus } from './control/control-ports.js';
import { isKnown, loginParts, recordIfPossible } from './gate.js';
import type { GateSettings } from './gate.js';
import { GateCore } from './gate-core.js';
import type { PolicySource, Reloaded } from './policy/policy-holder.js';
import { LocalFront } from './ssh/front.js';
import type { HostKeysInUse } from './ssh/host-keys.js';
import type { ListenAddress } from './ssh/listener.js';
import { RateLimitedLog } from './ssh/rate-limited-log.js';
import { AllSessions, sessionOf } from './workers/live-views.js';
import type { FromWorker, SentPolicy } from './workers/messages.js';
import { SharedGateWide } from './workers/shared-gate-wide.js';
import { WorkerPool } from './workers/worker-pool.js';
import type { WorkerProcess } from './workers/worker-process.js';

interface CoordinatorParts {
  readonly settings: GateSettings & { readonly workers: number };
  readonly store: Store;
  readonly usageHistory?: UsageHistory | null;
  readonly policySource: PolicySource & { sent(digest: string): SentPolicy['texts'] };
  readonly hostKeys: HostKeysInUse;
  readonly version: string;
  readonly log: Logger;
  /** Descriptors of sockets that already listen; they replace the addresses of the settings. */
  readonly handed?: readonly number[];
  /** The path for the file of what all processes know. */
  readonly live: string;
  /** Starts the process of a worker. */
  readonly spawn: () => ChildProcess;
}

/** Connections of the coordinator's own do not exist; what it holds in `LiveState` has this number. */
const COORDINATOR = 0;

/**
 * A gate of several processes, seen from the one that has its sockets. It accepts connections and reads no byte from
 * them: a worker serves each. It keeps what a gate has once, answers admins, and writes the rows of logins.
 */
export class Coordinator {
  readonly core: GateCore;
  readonly sessions: LiveSessions;
  /** For an admin who looks for the reason of a refusal. */
  readonly logins: Logins;
  readonly #parts: CoordinatorParts;
  readonly #live: LiveState;
  readonly #front: LocalFront;
  readonly #pool: WorkerPool;
  readonly #marks: AuditMarks;
  readonly #stopHearing: () => void;
  #stopped = false;
  #isToTell = false;

  /** @throws NoPolicyError when there is no valid policy and never was one */
  constructor(parts: CoordinatorParts) {
    const { settings, store, log, live, hostKeys } = parts;
    this.#parts = parts;
    this.#live = LiveState.make(live);
    const gateWide = new SharedGateWide({ live: this.#live, worker: COORDINATOR }, (spare) => {
      this.#makeRoom(spare);
    });
    this.core = new GateCore({
      ...parts,
      gateWide,
      fillRecording: (recording) => {
        this.#pool.tell({ kind: 'fill', recording });
      },
    });
    this.#pool = new WorkerPool({
      count: settings.workers,
      spawn: parts.spawn,
      begin: (worker) => ({
        kind: 'begin',
        worker,
        version: parts.version,
        settings,
        policy: this.#sentPolicy(),
        live,
      }),
      told: (worker, message) => {
        this.#told(worker, message);
      },
      gone: (worker) => {
        this.#gone(worker);
      },
      onLogin: (source) => {
        this.#front.succeeded(source);
      },
      log,
    });
    this.#front = new LocalFront({
      strangers: new RateLimitedLog(log),
      settings,
      handed: parts.handed ?? [],
      audit: store.audit,
      log,
      isKnown: (login) => isKnown(store, login),
      handOut: this.#pool,
    });
    this.sessions = new AllSessions(this.#live, (worker, ids, sentence) => {
      this.#pool.tellOne(worker, { kind: 'end', ids, sentence });
    });
    const { terms } = this.core;
    const connections = gateWide.connections((customer) => terms.connections(customer));
    this.logins = {
      ...loginParts(this.core, settings),
      refused: this.#front.refusedConnections,
      isPenalised: (address) => this.#front.isPenalised(address),
      refusesConnection: (customer) => connections.refuses(customer),
    };
    this.#marks = new AuditMarks(store.audit, log);
    this.#stopHearing = store.audit.onAppend(() => {
      this.#marks.heard();
    });
    store.audit.share(() => {
      this.#tellOfRows(null);
    });
    this.core.policy.onChange(() => {
      this.#pool.tell({ kind: 'policy', policy: this.#sentPolicy() });
    });
    hostKeys.onChange(() => {
      this.#pool.tell({ kind: 'host-keys' });
    });
  }

  get workers(): readonly WorkerStatus[] {
    return this.#pool.status;
  }

  /** Shows a text to all who are logged in. @returns how many were told */
  announce(text: string): Promise<number> {
    return this.#pool.ask((ask) => ({ kind: 'announce', ask, text }));
  }

  /** Resolves when every worker has heard of all that has happened until now. One that hangs is killed. */
  async settled(): Promise<void> {
    await this.#pool.ask((ask) => ({ kind: 'ask', ask }));
  }

  /**
   * Closes what an earlier gate left open, starts the workers and lets customers in.
   *
   * @returns the addresses; where port 0 was asked for, with the port that was chosen
   * @throws ListenError, and Error when a worker cannot start
   */
  async start(): Promise<ListenAddress[]> {
    const { store, version, log } = this.#parts;
    const { revision } = this.core.policy;
    recordIfPossible(store, { kind: 'gate.started', version, revision }, log);
    this.#marks.note();
    this.core.start();
    await this.#pool.start();
    return this.#front.listen(() => undefined);
  }

  /** Stops logins, has each session shown the sentence and ended. Twice is harmless. */
  async stop(sentence: string): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const { store, log } = this.#parts;
    await this.#front.close();
    await this.#pool.stop(sentence);
    await this.core.stop();
    recordIfPossible(store, { kind: 'gate.stopped', reason: sentence }, log);
    this.#stopHearing();
    this.#marks.close();
    this.#live.close();
  }

  /** Reads the policy again. With any problem the old policy stays in force, and no session ends. */
  reloadPolicy(actor: EventActor | null = null): Reloaded {
    return this.core.policy.reload(actor);
  }

  #sentPolicy(): SentPolicy {
    const { revision, digest } = this.core.policy;
    return { revision, digest, texts: this.#parts.policySource.sent(digest) };
  }

  /** Tells the workers, once for the rows of one turn. */
  #tellOfRows(from: WorkerProcess | null): void {
    if (from !== null) {
      this.#pool.tell({ kind: 'rows' }, from);
      return;
    }
    if (this.#isToTell) return;
    this.#isToTell = true;
    queueMicrotask(() => {
      this.#isToTell = false;
      this.#pool.tell({ kind: 'rows' });
    });
  }

  #told(worker: WorkerProcess, message: FromWorker): void {
    const { audit, keyUse } = this.#parts.store;
    switch (message.kind) {
      case 'refused':
        this.#front.refused(message.source, message.connection, message.login, message.refused);
        return;
      case 'wasted':
        this.#front.wasted(message.source);
        return;
      case 'closed':
        this.#front.closed(message.closed);
        return;
      case 'append':
        void this.#append(worker, message.batch, message.events);
        return;
      case 'key-used':
        keyUse.touch(message.customer, message.fingerprint).catch((error: unknown) => {
          this.#parts.log.error({ err: error }, 'key.use-not-noted');
        });
        return;
      case 'rows':
        this.#tellOfRows(worker);
        audit.catchUp();
        return;
      case 'make-room':
        this.#makeRoom(message.connections);
        return;
      case 'recorded':
        for (const [recording, bytes] of message.sizes) this.core.recordings.grew(recording, bytes);
        return;
      case 'recording':
        if (!message.runs) this.core.recordings.ended(message.recording);
        return;
      case 'console-use':
        this.core.consoleMeter.add(message.use);
        return;
      default:
    }
  }

  /** Writes a worker's rows, in one transaction with those of the others. */
  async #append(worker: WorkerProcess, batch: number, events: readonly AuditEvent[]): Promise<void> {
    const { audit } = this.#parts.store;
    const written = await Promise.allSettled(events.map((event) => audit.appendSoon(event)));
    const faults = written.map((one) => (one.status === 'fulfilled' ? null : String(one.reason)));
    worker.post({ kind: 'appended', batch, faults });
  }

  #makeRoom(spare: readonly { readonly id: string; readonly worker: number }[]): void {
    for (const { id, worker } of spare) this.#pool.tellOne(worker, { kind: 'make-room', connections: [id] });
  }

  /** Closes what a worker left open: its sessions, operations and recordings. */
  #gone({ number, recordings }: WorkerProcess): void {
    const { store, log } = this.#parts;
    store.audit.catchUp();
    this.#pool.tell({ kind: 'rows' });
    const { sessions, connections } = this.#live.forget(number);
    for (const { id, identity, what, command } of sessions.map(sessionOf))
      if (what !== 'connection')
        this.#end({ kind: 'session.closed', actor: actorOf(identity), session: id, what, command });
    for (const { identity, openedAt } of connections.map(sessionOf)) {
      const seconds = Math.round((Date.now() - openedAt.getTime()) / 1000);
      this.#end({ kind: 'connection.closed', actor: actorOf(identity), seconds });
    }
    if (sessions.length + connections.length > 0)
      log.warn(
        { worker: number, sessions: sessions.length, connections: connections.length },
        'worker.sessions-lost',
      );
    if (recordings.size > 0) this.core.recordings.mend(recordings);
    this.core.operations.closeOpenIntents((connection) => connection.startsWith(idPrefixOf(number)));
  }

  #end(event: AuditEvent): void {
    this.#parts.store.audit.appendLater(event).catch((error: unknown) => {
      this.#parts.log.error({ err: error, kind: event.kind }, 'audit.unwritable');
    });
  }
}

/** What the ids of a worker's connections begin with: no two workers give the same id. */
export function idPrefixOf(worker: number): string {
  return worker.toString(16);
}

function actorOf({
  customer,
  fingerprint,
  source,
  connection,
}: LiveSession['identity']): Pick<
  LiveSession['identity'],
  'customer' | 'fingerprint' | 'source' | 'connection'
> {
  return { customer, fingerprint, source, connection };
}
