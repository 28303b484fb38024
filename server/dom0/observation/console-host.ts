import type { Duplex } from 'node:stream';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { ConsoleRelease } from '../../wire/console-release.js';
import type { ConsoleState } from '../../wire/domain.js';
import type { LogSwitch } from '../../wire/log.js';
import type { ScreenView } from '../../wire/screen.js';
import type { AttachResult } from '../consoles/attach-waiters.js';
import type { AdminActListener } from '../consoles/admin-act.js';
import type { LogAnswer } from '../console-log/domain-log.js';
import type { LogQuery } from '../console-log/log-query.js';
import type { Incarnation } from '../toolstack/incarnation.js';
import type { DomainState } from '../../../policy/domain-state.js';

/** What dom0 asks of its consoles. */
export interface ConsoleHost {
  /**
   * Resolves when the console of this incarnation is attached, or cannot be. The domain may then be unpaused.
   */
  attach(name: DomainName, domid: number, uuid: string): Promise<AttachResult>;
  /**
   * To be called when any of these changed; the incarnation is null when the domain has none. @param since
   * when the state began, milliseconds since the epoch
   */
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
  /**
   * Leaves a console to an admin's own client, or takes it back. @returns until when, milliseconds since the
   * epoch; null when it is not released
   */
  release(name: DomainName, release: ConsoleRelease): Promise<number | null>;
  /** Takes over an upgrade request's socket and answers 101 itself. */
  accept(name: DomainName, query: URLSearchParams, socket: Duplex, head: Buffer): void;
  /** The text on the screen, of output since this time alone; null when it cannot be read now. */
  readScreen(name: DomainName, since: number | null): Promise<ScreenView | null>;
  /** Whether the consoles' output is logged on the disk. */
  readonly keepsLog: boolean;
  /** A piece of the console's logged output, raw. */
  readLog(name: DomainName, query: LogQuery): Promise<LogAnswer>;
  /** The same from the log in which a boot has this UUID, also of a name that is gone; null: there is none. */
  readLogWith(name: DomainName, uuid: string, query: LogQuery): Promise<LogAnswer | null>;
  /** Switches a domain's log off or on, for good. */
  switchLog(name: DomainName, wanted: LogSwitch): Promise<void>;
  /** The settings do not have the domain managed any more: its attachments end. Its log stays. */
  leave(name: DomainName): void;
  /** The domain is gone: its attachments end, its screen is forgotten, its log is set aside. */
  forget(name: DomainName): void;
  /**
   * Names that are not gone, but have no readable configuration: their logs stay. Until the first call the
   * logs of all unknown names stay.
   */
  missing(names: readonly DomainName[]): void;
  dispose(): void | Promise<void>;
}
