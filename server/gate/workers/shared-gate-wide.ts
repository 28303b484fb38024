import type { CustomerName } from '../../../policy/names.js';
import type { LiveState } from '../../store/live-state.js';
import { PER_CUSTOMER } from '../access/customer-rate-limit.js';
import type { RateLimit } from '../access/customer-rate-limit.js';
import type {
  AttachmentQuery,
  Attachments,
  HeldPlace,
  LiveAttachment,
  OpenConsoles,
  ShownAttachment,
} from '../access/live-attachments.js';
import type { GateWide } from '../gate-wide.js';
import type { Identity } from '../session/identity.js';
import type { OpenSessions } from '../session/open-sessions.js';
import type { SessionInfo } from '../session/session-info.js';
import type { Unsubscribe } from '../session/terminal.js';
import { MADE_ROOM, tooMany } from '../ssh/customer-connections.js';
import type { ConnectionPlaces, PlacedConnection } from '../ssh/customer-connections.js';
import * as words from '../text/words.js';
import { aboutSession } from './live-views.js';

interface Spare {
  readonly id: string;
  readonly worker: number;
}

/** Which process this is, and what all processes know. */
interface Own {
  readonly live: LiveState;
  /** 0 is the coordinator. */
  readonly worker: number;
}

/** What the processes of one gate know together: `LiveState`, seen from one of them. */
export class SharedGateWide implements GateWide {
  readonly sessions: OpenSessions;
  readonly attachments: Attachments;
  readonly requests: RateLimit;
  readonly openings: RateLimit;
  readonly #own: Own;
  readonly #makeRoom: (spare: readonly Spare[]) => void;
  readonly #connections: SharedConnections[] = [];

  /** @param makeRoom has other workers end these connections, which have lost their places */
  constructor(own: Own, makeRoom: (spare: readonly Spare[]) => void) {
    this.#own = own;
    this.#makeRoom = makeRoom;
    this.sessions = new SharedSessions(own);
    this.attachments = new SharedAttachments(own);
    this.requests = allowance(own, 'request');
    this.openings = allowance(own, 'opening');
  }

  connections(most: (customer: CustomerName) => number): ConnectionPlaces {
    const connections = new SharedConnections(this.#own, most, this.#makeRoom);
    this.#connections.push(connections);
    return connections;
  }

  /** Ends connections of this process that have lost their places. */
  makeRoom(ids: readonly string[]): void {
    for (const connections of this.#connections) connections.makeRoom(ids);
  }
}

function allowance({ live }: Own, kind: string): RateLimit {
  return { check: (customer) => (live.spend(kind, customer, PER_CUSTOMER) ? null : words.tooFast()) };
}

class SharedConnections implements ConnectionPlaces {
  readonly #own: Own;
  readonly #most: (customer: CustomerName) => number;
  readonly #makeRoom: (spare: readonly Spare[]) => void;
  /** Those of this process. */
  readonly #here = new Map<string, PlacedConnection>();

  constructor(
    own: Own,
    most: (customer: CustomerName) => number,
    makeRoom: (spare: readonly Spare[]) => void,
  ) {
    this.#own = own;
    this.#most = most;
    this.#makeRoom = makeRoom;
  }

  join(identity: Identity, connection: PlacedConnection): string | null {
    const { live, worker } = this.#own;
    const { customer } = identity;
    const { id, openedAt } = connection;
    const about = aboutSession({ id, identity, openedAt, what: 'connection', command: null });
    const answer = live.connect({ id, worker, about }, customer, this.#most(customer));
    if (!answer.joined) return tooMany(answer.open);
    this.#here.set(id, connection);
    const elsewhere = answer.madeRoom.filter((spare) => spare.worker !== worker);
    this.makeRoom(answer.madeRoom.map((spare) => spare.id));
    if (elsewhere.length > 0) this.#makeRoom(elsewhere);
    return null;
  }

  makeRoom(ids: readonly string[]): void {
    for (const id of ids) this.#here.get(id)?.endSoon(MADE_ROOM);
  }

  refuses(customer: CustomerName): string | null {
    const open = this.#own.live.refusesConnection(customer, this.#most(customer));
    return open === null ? null : tooMany(open);
  }

  leave(_customer: CustomerName, { id }: PlacedConnection): void {
    if (this.#here.delete(id)) this.#own.live.disconnect(id);
  }

  use({ id }: PlacedConnection): string | null {
    return this.#own.live.use(id) ? null : MADE_ROOM;
  }

  rest({ id }: PlacedConnection): void {
    if (this.#here.has(id)) this.#own.live.rest(id);
  }
}

class SharedSessions implements OpenSessions {
  readonly #own: Own;
  readonly #here = new Set<string>();

  constructor(own: Own) {
    this.#own = own;
  }

  count(customer: CustomerName): number {
    return this.#own.live.countSessions(customer);
  }

  enter(session: SessionInfo, refuses: (open: number) => string | null): string | null {
    const { id, identity } = session;
    // It enters when it is admitted, and again when it opens.
    if (this.#here.has(id)) return null;
    const { live, worker } = this.#own;
    const row = { id, connection: identity.connection, worker, about: aboutSession(session) };
    const no = live.openSession(row, identity.customer, refuses);
    if (no === null) this.#here.add(id);
    return no;
  }

  leave({ id }: Pick<SessionInfo, 'id'>): void {
    if (this.#here.delete(id)) this.#own.live.closeSession(id);
  }
}

class SharedAttachments implements Attachments {
  readonly #own: Own;
  /** Those of this process, each with the action that the others know. */
  readonly #here = new Map<LiveAttachment, ReturnType<LiveAttachment['action']>>();

  constructor(own: Own) {
    this.#own = own;
  }

  enter(attachment: LiveAttachment): Unsubscribe {
    const { live, worker } = this.#own;
    const action = attachment.action();
    this.#here.set(attachment, action);
    live.enter({ ...attachment, action }, worker);
    return () => {
      if (this.#here.delete(attachment)) live.leave(attachment.operation);
    };
  }

  count({ per, actions, customer, source, domain }: AttachmentQuery): number {
    const subject = { customer, source, domain }[per];
    return subject === null ? 0 : this.#own.live.countAttachments(per, subject, actions);
  }

  open(): OpenConsoles {
    const entered = this.#own.live.entered();
    const all = entered.reduce((sum, { n }) => sum + n, 0);
    const watching = entered.find(({ action }) => action === 'watch')?.n ?? 0;
    return { writing: all - watching, watching };
  }

  list(): readonly ShownAttachment[] {
    return this.#own.live.attachments();
  }

  hold(place: HeldPlace): void {
    // Nothing else enters.
    if (place.action === 'console' || place.action === 'watch') this.#own.live.hold(place, this.#own.worker);
  }

  changed(): void {
    for (const [attachment, known] of this.#here) {
      const action = attachment.action();
      if (action === known) continue;
      this.#here.set(attachment, action);
      this.#own.live.changeAction(attachment.operation, action);
    }
  }
}
