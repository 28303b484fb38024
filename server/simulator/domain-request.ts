import type { ShutdownReason } from './guest/shutdown-reason.js';

/** A request of an `xl` command to a domain's process: one line of JSON, answered by one line. */
export type DomainRequest =
  | { readonly ask: 'pause' | 'unpause' | 'destroy' }
  /** Building is finished. */
  | { readonly ask: 'built' }
  /** Answered when the guest acknowledges, which may be never. */
  | { readonly ask: 'shutdown'; readonly reboot: boolean }
  /** The emulated power button; the guest need not answer. */
  | { readonly ask: 'power-button' }
  | { readonly ask: 'sysrq'; readonly key: string }
  | { readonly ask: 'rename'; readonly name: string }
  /** Answered when the domain has shut down. */
  | { readonly ask: 'wait' }
  /**
   * Answered `locked`, or `attached` and then raw bytes both ways. `shares`: without
   * a lock, as before Xen 4.6.
   */
  | { readonly ask: 'console'; readonly shares?: boolean };

export interface DomainReply {
  readonly answer: 'done' | 'locked' | 'attached';
  readonly reason?: ShutdownReason;
}
