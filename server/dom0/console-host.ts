import type { Duplex } from 'node:stream';
import type { BootProfileName, DomainName } from '../../policy/names.js';
import type { DomainState } from '../../policy/domain-state.js';

/** One incarnation: both are needed, as domids are re-used and a configured UUID returns with each create. */
export interface Incarnation {
  readonly uuid: string;
  readonly domid: number;
}

export type ConsoleState = 'attached' | 'detached' | 'locked';

/** What dom0 asks of its consoles. */
export interface ConsoleHost {
  /** Resolves when the console of this incarnation is attached, or cannot be; the domain may then be unpaused. */
  attach(name: DomainName, domid: number, uuid: string): Promise<'attached' | 'locked' | 'failed'>;
  /** Told when any of these changed; null when the domain has no incarnation. */
  observed(
    name: DomainName,
    incarnation: Incarnation | null,
    state: DomainState,
    profile: BootProfileName,
  ): void;
  state(name: DomainName): ConsoleState;
  onState(listener: (name: DomainName, state: ConsoleState) => void): () => void;
  /** Takes over an upgrade request's socket and answers 101 itself. */
  accept(name: DomainName, query: URLSearchParams, socket: Duplex, head: Buffer): void;
  /** What is kept of what the console said, raw; with `since` (milliseconds since the epoch) nothing from before. */
  log(name: DomainName, since: number | null): Buffer;
  /** The domain is no longer managed: whatever was kept of its screen goes. */
  forget(name: DomainName): void;
  dispose(): void | Promise<void>;
}
