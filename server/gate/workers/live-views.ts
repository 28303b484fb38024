import type { LiveSession, LiveSessions } from '../control/control-ports.js';
import type { LiveRow, LiveState } from '../../store/live-state.js';

/** What is told of a session, or of a connection without one, to other processes: JSON. */
export function aboutSession({ id, identity, openedAt, what, command }: LiveSession): string {
  const { customer, fingerprint, source, connection, domain, certificate } = identity;
  const by =
    certificate === undefined
      ? {}
      : {
          certificate: { authority: certificate.authority, authorityName: certificate.authorityName },
        };
  return JSON.stringify({
    id,
    identity: { customer, fingerprint, source, connection, domain, ...by },
    openedAt: openedAt.getTime(),
    what,
    command,
  });
}

/** Reads what another process of this gate wrote. */
export function sessionOf({ about }: LiveRow): LiveSession {
  const read = JSON.parse(about) as Omit<LiveSession, 'openedAt'> & { readonly openedAt: number };
  return { ...read, openedAt: new Date(read.openedAt) };
}

/** The sessions of all workers, as admins see them. */
export class AllSessions implements LiveSessions {
  readonly #live: LiveState;
  readonly #end: (worker: number, ids: readonly string[], sentence: string) => void;

  /** @param end has a worker end these sessions, or connections without one */
  constructor(live: LiveState, end: (worker: number, ids: readonly string[], sentence: string) => void) {
    this.#live = live;
    this.#end = end;
  }

  list(): readonly LiveSession[] {
    return this.#live
      .sessions()
      .map(sessionOf)
      .sort((one, other) => one.openedAt.getTime() - other.openedAt.getTime());
  }

  withoutSession(): readonly LiveSession[] {
    return this.#live.connections({ unused: true }).map(sessionOf);
  }

  end(id: string, sentence: string): boolean {
    const rows = [...this.#live.sessions(), ...this.#live.connections({ unused: true })];
    const found = rows.find((row) => row.id === id);
    if (found !== undefined) this.#end(found.worker, [id], sentence);
    return found !== undefined;
  }

  endWhere(predicate: (session: LiveSession) => boolean, sentence: string): number {
    const chosen = this.#live.sessions().filter((row) => predicate(sessionOf(row)));
    for (const worker of new Set(chosen.map((row) => row.worker)))
      this.#end(
        worker,
        chosen.filter((row) => row.worker === worker).map(({ id }) => id),
        sentence,
      );
    return chosen.length;
  }
}
