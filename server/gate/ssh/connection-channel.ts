import type { Session } from '../session/session.js';
import type { ChannelEvents } from './session-channel.js';
import type { SshTerminal } from './ssh-terminal.js';

/** What the channels of a connection ask of it, and tell it; `session` is the id of the channel's session. */
export interface ChannelOwner {
  readonly mayHavePty: boolean;
  started(session: string, terminal: SshTerminal, request: Session['request']): void;
  inTurn(work: () => void): void;
  violation(what: string): void;
  faulted(session: string, error: unknown): void;
  broken(error: unknown): void;
}

/** One channel of a connection. Thousands are open, so each has two fields and no function of its own. */
export class ConnectionChannel implements ChannelEvents {
  readonly session: string;
  readonly #owner: ChannelOwner;

  constructor(session: string, owner: ChannelOwner) {
    this.session = session;
    this.#owner = owner;
  }

  get mayHavePty(): boolean {
    return this.#owner.mayHavePty;
  }

  started(terminal: SshTerminal, request: Session['request']): void {
    this.#owner.started(this.session, terminal, request);
  }

  inTurn(work: () => void): void {
    this.#owner.inTurn(work);
  }

  violation(what: string): void {
    this.#owner.violation(what);
  }

  faulted(error: unknown): void {
    this.#owner.faulted(this.session, error);
  }

  broken(error: unknown): void {
    this.#owner.broken(error);
  }
}
