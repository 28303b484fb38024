import type { CustomerName, DomainName } from '../../policy/names.js';
import { isRefusal } from '../../policy/refusal.js';
import { ExecOutput } from './exec/exec-output.js';
import { ExecSession } from './exec/exec-session.js';
import type { ExecParts } from './exec/exec-session.js';
import { EXIT, exitStatus } from './exec/exit-status.js';
import { parseCommand } from './exec/grammar.js';
import type { Hosts } from './hosts/hosts.js';
import type { Identity } from './session/identity.js';
import type { Logger } from '../wire/logger.js';
import { MenuSession } from './menu/menu-session.js';
import type { MenuParts } from './menu/menu-session.js';
import type { Revocation } from './access/revocation.js';
import type { Session, SessionHandler } from './session/session.js';
import type { OpenSessions } from './session/open-sessions.js';
import { sessionInfo } from './session/session-info.js';
import type { SessionInfo } from './session/session-info.js';
import type { SessionTerms } from './access/session-terms.js';
import type { AskStanding } from './access/standing.js';
import * as words from './text/words.js';

interface RolesOf {
  of(customer: CustomerName): readonly { readonly domain: DomainName }[];
}

interface SessionRouterParts {
  readonly menu: MenuParts;
  readonly exec: ExecParts;
  readonly openSessions: OpenSessions;
  readonly terms: Pick<SessionTerms, 'refusesSession'>;
  readonly standing: AskStanding;
  readonly revocation: Revocation;
  readonly roles: RolesOf;
  readonly hosts: Pick<Hosts, 'firstLook'>;
  readonly log: Logger;
}

/**
 * Runs a session: the menu, or one command. A run that rejects ends its session with a sentence, and no other
 * session.
 */
export class SessionRouter implements SessionHandler {
  readonly #parts: SessionRouterParts;

  constructor(parts: SessionRouterParts) {
    this.#parts = parts;
  }

  /** After a fault here the session is refused. */
  refuses(identity: Identity, session?: SessionInfo): string | null {
    const { terms, standing, openSessions, log } = this.#parts;
    const { customer } = identity;
    try {
      const no = standing(identity);
      if (no !== null) return no.message;
      const refuses = (open: number): string | null => terms.refusesSession(customer, open);
      if (session === undefined) return refuses(openSessions.count(customer));
      return openSessions.enter(session, refuses);
    } catch (fault) {
      log.error({ connection: identity.connection, err: fault }, 'session.not-admitted');
      return words.fault(identity.connection).message;
    }
  }

  open(session: Session): void {
    // What listens until the end keeps no more of the session than it needs.
    const { id, identity, terminal } = session;
    const { openSessions } = this.#parts;
    const info = sessionInfo(session);
    // It has its place already where it was admitted.
    openSessions.enter(info, () => null);
    terminal.onClose(() => {
      openSessions.leave(info);
    });
    this.#run(session).then(
      (status) => {
        terminal.exit(status);
      },
      (fault: unknown) => {
        this.#parts.log.error({ connection: identity.connection, session: id, err: fault }, 'session.fault');
        new ExecOutput(terminal).say(words.fault(identity.connection).message);
        terminal.exit(EXIT.failed);
      },
    );
  }

  async #run(session: Session): Promise<number> {
    const { identity, terminal, request, recorded } = session;
    await recorded;
    const look = this.#firstLook(identity);
    if (look !== null) await look;
    if (!terminal.isOpen) return EXIT.failed;
    if (request.kind === 'shell') return this.#menu(session, false);
    const command = parseCommand(request.command);
    if (isRefusal(command)) {
      new ExecOutput(terminal).refuse(command, /(^|\s)--json(\s|$)/.test(request.command));
      return exitStatus(command.code);
    }
    if (command.command === 'menu') return this.#menu(session, command.plain);
    const exec = new ExecSession(this.#parts.exec, identity, terminal, session.id);
    const running = exec.run(command);
    return this.#endable(session, running, (sentence) => {
      if (exec.end(sentence)) return;
      new ExecOutput(terminal).say(sentence);
      terminal.exit(EXIT.failed);
    });
  }

  /** A session just after the gate's start waits for the hosts of its own domains, and for no other. */
  #firstLook({ customer, domain }: Identity): Promise<void> | null {
    const { hosts, roles } = this.#parts;
    return hosts.firstLook(domain === null ? roles.of(customer).map((row) => row.domain) : [domain]);
  }

  #menu(session: Session, plain: boolean): Promise<number> {
    const menu = new MenuSession(this.#parts.menu, session.identity, session.terminal, session.id);
    const running = menu.run({ plain });
    return this.#endable(session, running, (sentence) => {
      menu.end(sentence);
    });
  }

  /**
   * An admin or the end of the gate can end the session. A customer who logged in by a domain's name stays
   * only as long as they may see that domain.
   */
  #endable(session: Session, running: Promise<number>, end: (sentence: string) => void): Promise<number> {
    const { identity } = session;
    const { domain } = identity;
    session.onEnd(end);
    if (domain === null) return running;
    const tracked = this.#parts.revocation.track({
      identity,
      needs: () => ({ action: 'status', domain }),
      end,
    });
    return running.finally(() => {
      tracked.forget();
    });
  }
}
