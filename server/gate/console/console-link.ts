import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { ConsoleMode } from '../../wire/console.js';
import type { DemandedPermit } from '../access/authorize.js';
import type { ConsoleNews, ConsoleStream } from '../hosts/console-stream.js';
import { mayMove } from '../hosts/link-event.js';
import type { HostLink } from '../hosts/host-link.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Logger } from '../../wire/logger.js';
import type { Terminal, Unsubscribe } from '../session/terminal.js';

interface ConsoleLinkListener {
  bytes(data: Buffer): void;
  note(note: ConsoleNews): void;
  drained(): void;
  /** The host is lost; the link tries again until `close`. */
  lost(): void;
  /** The domain is being moved to another host. The link follows by itself. */
  moves(): void;
  /** The domain went away, or is away no more: what its host said of it may mean something else now. */
  awayChanged(): void;
  /** The domain is on this host now: the console there follows, from `attached` on. */
  moved(host: string): void;
  /** Whether the console may be asked for again. */
  canAct(): boolean;
  /** The console cannot come back; nothing follows. */
  over(message: string): void;
}

/**
 * The waits before the console is asked for again after a loss, doubled from the first up to the last.
 * Milliseconds.
 */
const AGAIN: readonly [number, number] = [250, 2_000];

/**
 * One attachment over any number of connections: after a loss it asks the host again with the same permit. When
 * the domain has moved to another host, it asks that one.
 */
export class ConsoleLink {
  readonly #hosts: Hosts;
  readonly #demanded: DemandedPermit;
  readonly #mode: ConsoleMode;
  readonly #terminal: Pick<Terminal, 'columns' | 'rows' | 'hasPty'>;
  readonly #log: Logger;
  /** Whether to begin with the running boot's output; only the first time. */
  #fromBoot: boolean;
  #stream: ConsoleStream | null = null;
  #listener: ConsoleLinkListener | null = null;
  #timer: NodeJS.Timeout | null = null;
  #tries = 0;
  #closed = false;
  /** The host that was asked last. */
  #host: HostLink | null = null;
  #toldMove = false;
  #wasAway = false;
  #stopHearing: Unsubscribe = () => undefined;

  constructor(
    parts: { readonly hosts: Hosts; readonly log: Logger },
    demanded: DemandedPermit,
    mode: ConsoleMode,
    terminal: Pick<Terminal, 'columns' | 'rows' | 'hasPty'>,
    fromBoot = false,
  ) {
    this.#fromBoot = fromBoot;
    this.#hosts = parts.hosts;
    this.#log = parts.log;
    this.#demanded = demanded;
    this.#mode = mode;
    this.#terminal = terminal;
  }

  /** Null while the host is lost. */
  get stream(): ConsoleStream | null {
    return this.#stream;
  }

  /**
   * Asks for the console for the first time. @returns a refusal; null when it is there and `listen` may be
   * called
   */
  async open(): Promise<Refusal | null> {
    const stream = await this.#ask();
    if (isRefusal(stream)) return stream;
    this.#stream = stream;
    return null;
  }

  listen(listener: ConsoleLinkListener): void {
    this.#listener = listener;
    this.#stopHearing = this.#hosts.onEvent(({ event }) => {
      if (mayMove(event, this.#demanded.domain)) this.#review();
    });
    if (this.#stream !== null) this.#link(this.#stream);
    this.#review();
  }

  /** Twice is harmless; the listener hears nothing more. */
  close(): void {
    this.#closed = true;
    this.#stopHearing();
    this.#listener = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#stream?.close();
    this.#stream = null;
  }

  async #ask(): Promise<ConsoleStream | Refusal> {
    const { domain, identity } = this.#demanded;
    const found = this.#hosts.reach(domain);
    if (isRefusal(found)) return found;
    if (this.#host !== null && this.#host !== found.host) this.#moved(found.host);
    this.#host = found.host;
    const { columns, rows, hasPty } = this.#terminal;
    const fromBoot = this.#fromBoot;
    this.#fromBoot = false;
    return found.host.openConsole(this.#demanded, {
      mode: this.#mode,
      columns,
      rows,
      label: identity.customer,
      hasPty,
      fromBoot,
    });
  }

  #link(stream: ConsoleStream): void {
    this.#stream = stream;
    stream.listen({
      bytes: (data) => {
        this.#listener?.bytes(data);
      },
      note: (note) => {
        if (note.note === 'attached') this.#tries = 0;
        // A note that ends the stream and not the attachment is a loss: a dom0 half that is upgraded comes
        // back.
        const loss = note.note === 'ended' && (note.reason === 'shutting-down' || note.reason === 'protocol');
        if (loss) this.#lost(`dom0 ended it: ${note.reason}`);
        else if (note.note === 'ended' && note.reason === 'domain-gone' && this.#isElsewhere()) this.#leave();
        else this.#listener?.note(note);
      },
      drained: () => {
        this.#listener?.drained();
      },
      closed: (reason) => {
        this.#lost(reason);
      },
    });
  }

  /** Tells of a migration, and follows the domain to the host where it runs. */
  #review(): void {
    if (this.#closed) return;
    const { domain } = this.#demanded;
    const isMoving = this.#hosts.moveOf(domain) !== null;
    if (isMoving && !this.#toldMove) this.#listener?.moves();
    this.#toldMove = isMoving;
    const isAway = this.#hosts.isAway(domain);
    if (isAway !== this.#wasAway) this.#listener?.awayChanged();
    this.#wasAway = isAway;
    if (this.#stream === null) return;
    const host = this.#host === null ? null : this.#hosts.movedFrom(domain, this.#host);
    if (host === null) return;
    this.#moved(host);
    this.#host = host;
    this.#leave();
  }

  /** Whether the domain is on the way, or runs where it is not managed yet: it may come back to the menu. */
  #isElsewhere(): boolean {
    const { domain } = this.#demanded;
    return (
      this.#hosts.isAway(domain) ||
      (this.#host !== null && this.#hosts.movedFrom(domain, this.#host) !== null)
    );
  }

  #moved(host: HostLink): void {
    this.#tries = 0;
    this.#listener?.moved(host.name);
  }

  /** Lets go of the console on a host that has the domain no more. */
  #leave(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#again();
  }

  #lost(reason: string): void {
    const { domain, identity } = this.#demanded;
    this.#log.warn({ connection: identity.connection, domain, reason }, 'console.lost');
    this.#stream?.close();
    this.#stream = null;
    this.#listener?.lost();
    this.#again();
  }

  #again(): void {
    if (this.#closed) return;
    const [first, last] = AGAIN;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        if (this.#listener?.canAct() === false) return;
        void this.#ask().then((stream) => {
          this.#answered(stream);
        });
      },
      Math.min(first * 2 ** this.#tries, last),
    );
    this.#tries += 1;
  }

  #answered(stream: ConsoleStream | Refusal): void {
    if (isRefusal(stream)) {
      if (stream.code === 'host-unreachable' || this.#isElsewhere()) this.#again();
      else this.#listener?.over(stream.message);
    } else if (this.#closed) {
      stream.close();
    } else {
      this.#link(stream);
    }
  }
}
