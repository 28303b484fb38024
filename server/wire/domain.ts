import type { DomainState } from '../../policy/domain-state.js';
import type { BootProfileName, DomainName } from '../../policy/names.js';
import type { OperationView } from './operation.js';

/** What was seen of one incarnation of a domain. Times are ISO 8601, UTC. */
export interface Observation {
  readonly state: DomainState;
  readonly profile: BootProfileName;
  /** When this state was first seen. */
  readonly since: string;
  /** When the toolstack was last asked. */
  readonly seenAt: string;
}

/** A managed domain as dom0 shows it: `GET /domains`, `GET /domains/NAME`. */
export interface DomainView {
  readonly name: DomainName;
  readonly observation: Observation;
  /** Xen's UUID while the domain exists: it identifies this incarnation, never the domain; with xm, all until the next create. */
  readonly incarnation: string | null;
  /** MiB; what is configured when the domain is off, null when neither is known. */
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  /** Seconds of CPU used by this incarnation. */
  readonly cpuSeconds: number | null;
  /** Percent of one CPU between the last two observations. */
  readonly cpuPercent: number | null;
  /** The profiles of the contract that this domain can be booted with. */
  readonly profiles: readonly BootProfileName[];
  /** The operation under way on it, or waiting for its turn. */
  readonly operation: OperationView | null;
  /** How its console is: `attached`, `detached` (nothing to attach to), `locked` (an admin's own `xl console`). */
  readonly console: 'attached' | 'detached' | 'locked';
}

/** `GET /domains`. */
export interface DomainList {
  readonly at: string;
  readonly domains: readonly DomainView[];
}

/**
 * One line of `GET /changes` (JSON lines; the first lines are the whole list, then `ready`). `gone`: its
 * configuration file has gone and so has the domain. `beat` comes every 5 s so that silence means loss.
 */
export type Change =
  | { readonly change: 'domain'; readonly domain: DomainView }
  | { readonly change: 'gone'; readonly name: DomainName }
  | { readonly change: 'operation'; readonly operation: OperationView }
  | { readonly change: 'ready'; readonly at: string }
  | { readonly change: 'beat'; readonly at: string };
