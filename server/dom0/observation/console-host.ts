import type { Duplex } from 'node:stream';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { ConsoleRelease } from '../../wire/console-release.js';
import type { ConsoleState } from '../../wire/domain.js';
import type { LogSwitch } from '../../wire/log.js';
import type { AdminActListener } from '../consoles/admin-act.js';
import type { LogAnswer } from '../console-log/domain-log.js';
import type { LogQuery } from '../console-log/log-query.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { DomainState } from '../../../policy/domain-state.js';

/** What dom0 asks of its consoles. */
export interface ConsoleHost {
  /** Resolves when the console of this incarnation is attached, or cannot be; the domain may then be unpaused. */
  attach(name: DomainName, domid: number, uuid: string): Promise<'attached' | 'locked' | 'failed'>;
  /** Told when any of these changed; null when the domain has no incarnation. @param since when it started, milliseconds since 1970 */
  observed(
    name: DomainName,
    incarnation: Incarnation | null,
    state: DomainState,
    profile: BootProfileName,
    since: number | null,
  ): void;
  state(name: DomainName): ConsoleState;
  onState(listener: (name: DomainName, state: ConsoleState) => void): () => void;
  onAdminAct(listener: AdminActListener): () => void;
  /** Leaves a console to an admin's own client, or takes it back. @returns until when, in milliseconds since 1970 */
  release(name: DomainName, release: ConsoleRelease): Promise<number | null>;
  /** Takes over an upgrade request's socket and answers 101 itself. */
  accept(name: DomainName, query: URLSearchParams, socket: Duplex, head: Buffer): void;
  /** Whether what the consoles say is kept on the disk. */
  readonly keepsLog: boolean;
  /** What is kept of what the console said, raw. */
  readLog(name: DomainName, query: LogQuery): Promise<LogAnswer>;
  /** Switches a domain's log off or on, for good. */
  switchLog(name: DomainName, wanted: LogSwitch): Promise<void>;
  /** The domain is no longer managed: whatever was kept of its screen goes. */
  forget(name: DomainName): void;
  /** Names without a configuration that can be read, which are not gone: what is kept of them stays. Told before anything goes. */
  missing(names: readonly DomainName[]): void;
  dispose(): void | Promise<void>;
}
