import type { WorkerStatus } from '../../gate/control/control-ports.js';
import type { HalfHealth } from './service-manager.js';

/** How often the database is tried. Milliseconds. */
const TRIED_EVERY_MS = 20_000;

interface GateHealthParts {
  readonly sessions: { list(): readonly unknown[] };
  readonly consoles: () => { readonly writing: number; readonly watching: number };
  readonly hosts: readonly { readonly name: string; readonly reachable: boolean }[];
  readonly policy: { readonly problems: readonly string[]; readonly revision: number };
  readonly audit: { trouble(): string | null };
  /** Null where one process is the whole gate. */
  readonly workers: () => readonly WorkerStatus[] | null;
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
}

/**
 * The gate for `systemctl status`. It is stuck when none of its workers serves, or when the question to the database
 * does not end or fails in a way that nobody expected. A database that refuses, as on a full disk, is no reason for a
 * new start: that would end all sessions and mend nothing.
 */
export class GateHealth {
  readonly #parts: GateHealthParts;
  readonly #clock: () => number;
  #triedAt = -Infinity;
  #trouble: string | null = null;

  constructor(parts: GateHealthParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? (() => performance.now());
  }

  /** @throws what the database threw that was no refusal */
  now(): HalfHealth {
    const { sessions, consoles, hosts, policy } = this.#parts;
    this.#tryDatabase();
    const workers = this.#parts.workers();
    const { writing, watching } = consoles();
    const serving = workers?.filter(({ isReady }) => isReady).length ?? 1;
    const sentences = [
      `Sessions: ${sessions.list().length}. Consoles open: ${writing + watching}.`,
      ...(workers === null ? [] : [`Workers: ${serving} of ${workers.length}.`]),
      ...hosts.filter(({ reachable }) => !reachable).map(({ name }) => `Host ${name} does not answer.`),
      ...(policy.problems.length === 0
        ? []
        : [`The policy's files have errors: revision ${policy.revision} is in force.`]),
      ...(this.#trouble === null ? [] : [`Changes are refused: ${this.#trouble}.`]),
    ];
    return { status: sentences.join(' '), stuck: serving === 0 ? 'No worker takes connections.' : null };
  }

  /** A try is a write to the disk. */
  #tryDatabase(): void {
    if (this.#clock() - this.#triedAt < TRIED_EVERY_MS) return;
    const now = this.#clock();
    this.#trouble = this.#parts.audit.trouble();
    this.#triedAt = now;
  }
}
