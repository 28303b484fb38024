import type { Session, SessionHandler } from '../../server/gate/session/session.js';

/** A handler that does what its command says, so that tests can examine only the SSH front. */
export class EchoHandler implements SessionHandler {
  readonly sessions: Session[] = [];
  /** The answer of `refuses`. */
  refusal: string | null = null;
  opened: (session: Session) => void = () => undefined;

  refuses(): string | null {
    return this.refusal;
  }

  open(session: Session): void {
    this.sessions.push(session);
    const { request } = session;
    if (request.kind === 'shell') this.#shell(session);
    else this.#exec(session, request.command);
    this.opened(session);
  }

  #exec({ terminal, identity }: Session, command: string): void {
    const [verb, argument = ''] = command.split(' ');
    switch (verb) {
      case 'whoami':
        terminal.write(`${identity.customer} ${identity.domain ?? '-'}\n`);
        terminal.exit(0);
        return;
      case 'describe':
        terminal.write(`${terminal.term} ${String(terminal.utf8)} ${terminal.hasPty ? 'pty' : 'no pty'}\n`);
        terminal.exit(0);
        return;
      case 'fail':
        terminal.writeError('it failed\n');
        terminal.exit(Number(argument));
        return;
      case 'throw':
        throw new Error('the handler has a fault');
      case 'cat':
        terminal.onInput((data) => {
          terminal.write(data);
        });
        terminal.onEnd(() => {
          terminal.exit(0);
        });
        return;
      default:
      // Stays open, and listens to nothing.
    }
  }

  #shell({ terminal, identity }: Session): void {
    terminal.write(`hello ${identity.customer} ${terminal.term} ${terminal.columns}x${terminal.rows}\r\n`);
    terminal.onResize((columns, rows) => {
      terminal.write(`now ${columns}x${rows}\r\n`);
    });
    terminal.onInput((data) => {
      if (data.includes(0x04)) terminal.exit(0);
      else terminal.write(data);
    });
  }
}
