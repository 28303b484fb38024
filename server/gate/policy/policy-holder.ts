import type { Policy } from '../../../policy/policy.js';
import type { EventActor } from '../../store/audit-actor.js';
import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import { Listeners } from '../session/listeners.js';
import type { Logger } from '../../wire/logger.js';
import type { Unsubscribe } from '../session/terminal.js';

/** A policy that was read, or its problems: one printable line each, `file:line:column: sentence`. */
export type LoadResult =
  | {
      readonly ok: true;
      readonly policy: Policy;
      /** SHA-256 over the files, hex. */ readonly digest: string;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Where policies come from. The command line injects it: the gate reads no files. */
export interface PolicySource {
  /** Reads the policy directory as it is now. Never throws. */
  load(): LoadResult;
  /** The policy that was last in force, kept in the state directory; null when there never was one. */
  lastAccepted(): { readonly policy: Policy; readonly digest: string; readonly revision: number } | null;
  /**
   * Keeps what `load` read last as the policy in force. @param actor the admin who had it read; null for a
   * start or a signal
   */
  keep(revision: number, digest: string, actor: EventActor | null): void;
}

/** The result of a reload. */
export type Reloaded =
  | { readonly ok: true; readonly revision: number; readonly changed: boolean }
  | { readonly ok: false; readonly revision: number; readonly problems: readonly string[] };

/** There is neither a valid policy nor one that was accepted before. */
export class NoPolicyError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`there is no valid policy, and none was accepted before:\n${problems.join('\n')}`);
    this.problems = problems;
  }
}

interface PolicyAudit {
  /** @throws AuditUnavailableError */
  append(event: AuditEvent): unknown;
}

/**
 * The policy in force, and its revision, which counts the accepted policies. It is swapped whole or not at
 * all.
 */
export class PolicyHolder {
  readonly #source: PolicySource;
  readonly #audit: PolicyAudit;
  readonly #log: Logger;
  readonly #changed: Listeners<number>;
  #problems: readonly string[] = [];
  /** Whether the policy in force is kept for the next start. */
  #kept = true;
  #inForce: { readonly policy: Policy; readonly digest: string; readonly revision: number };

  /**
   * Begins with the policy as it is. If that is broken, begins with the one last accepted, and says so
   * loudly.
   * @throws NoPolicyError
   */
  constructor(source: PolicySource, audit: PolicyAudit, log: Logger) {
    this.#source = source;
    this.#audit = audit;
    this.#log = log;
    this.#changed = new Listeners((fault) => {
      log.error({ to: 'policy', err: fault }, 'listener.fault');
    });
    const last = source.lastAccepted();
    const found = source.load();
    if (found.ok) {
      this.#inForce =
        last?.digest === found.digest
          ? { ...found, revision: last.revision }
          : this.#accept(found, last?.revision ?? 0, null);
      return;
    }
    this.#reject(found, last?.revision ?? 0, null);
    if (last === null) throw new NoPolicyError(found.problems);
    log.error({ revision: last.revision }, 'policy.broken');
    this.#inForce = last;
  }

  get policy(): Policy {
    return this.#inForce.policy;
  }

  get revision(): number {
    return this.#inForce.revision;
  }

  /** SHA-256 over the files of the policy in force, hex. */
  get digest(): string {
    return this.#inForce.digest;
  }

  /**
   * The problems of the policy as it was last read. While there are any, the one accepted before is in force.
   */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /**
   * Reads the policy again. With any problem the old one stays; a good one is in force at once, for all who
   * are here too.
   */
  reload(actor: EventActor | null): Reloaded {
    const { revision, digest } = this.#inForce;
    const found = this.#source.load();
    if (!found.ok) {
      this.#reject(found, revision, actor);
      return { ok: false, revision, problems: found.problems };
    }
    this.#problems = [];
    if (found.digest === digest) {
      if (!this.#kept) this.#keep(revision, digest, actor);
      return { ok: true, revision, changed: false };
    }
    this.#inForce = this.#accept(found, revision, actor);
    this.#changed.emit(this.#inForce.revision);
    return { ok: true, revision: this.#inForce.revision, changed: true };
  }

  /** Puts a policy in force that another process of this gate has accepted and recorded. */
  take(accepted: { readonly policy: Policy; readonly digest: string; readonly revision: number }): void {
    this.#inForce = accepted;
    this.#changed.emit(accepted.revision);
  }

  /** Calls the listener with every new revision, after it is in force. */
  onChange(listener: (revision: number) => void): Unsubscribe {
    return this.#changed.add(listener);
  }

  #accept(
    found: Extract<LoadResult, { ok: true }>,
    before: number,
    actor: EventActor | null,
  ): { readonly policy: Policy; readonly digest: string; readonly revision: number } {
    const revision = before + 1;
    const { policy, digest } = found;
    this.#keep(revision, digest, actor);
    this.#record({ kind: 'policy.loaded', actor, revision, digest, problems: [] });
    this.#log.info({ revision }, 'policy.in-force');
    return { policy, digest, revision };
  }

  #keep(revision: number, digest: string, actor: EventActor | null): void {
    this.#kept = false;
    try {
      this.#source.keep(revision, digest, actor);
      this.#kept = true;
    } catch (fault) {
      this.#log.error({ err: fault, revision }, 'policy.not-kept');
    }
  }

  #reject(found: Extract<LoadResult, { ok: false }>, revision: number, actor: EventActor | null): void {
    const { problems } = found;
    this.#problems = problems;
    this.#record({ kind: 'policy.rejected', actor, revision, digest: '', problems: problems.slice(0, 100) });
    for (const problem of problems) this.#log.error({ problem }, 'policy.not-accepted');
  }

  /**
   * Taking a right away must not wait for room on the disk: it is recorded if possible, and in force in any
   * case.
   */
  #record(event: AuditEvent): void {
    try {
      this.#audit.append(event);
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#log.error({ kind: event.kind }, 'audit.unwritable');
    }
  }
}
