import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FRAME_BYTES } from '../../wire/console.js';
import type { ConsoleEnd, ConsoleMode, ConsoleNote, Presence, ScreenText } from '../../wire/console.js';
import type { FaultGuard } from '../../wire/fault-guard.js';
import { FrameError, FrameReader, noteFrame } from '../../wire/frames.js';
import { ScreenFeed } from '../screens/screen-feed.js';
import type { Picture } from '../screens/screen-feed.js';
import { clampSize } from '../screens/screen-job.js';
import type { ScreenSize } from '../screens/screen-job.js';
import { ConsoleRequestError, parseConsoleRequest } from '../../wire/console-request.js';

/** What an attachment asks of its console. */
export interface AttachmentHost {
  /** @returns the bytes that found no room; `drained` says when to offer them again */
  input(from: Attachment, bytes: Buffer): Buffer | null;
  /**
   * The screen after the last byte that was handed to `output`.
   *
   * @param size the window's; null: unknown
   * @param from the position of the first byte that it is made of; null: of all that it may be
   */
  paint(since: number | null, size: ScreenSize | null, from: number | null): Promise<Picture>;
  /**
   * The running boot's output, from its first byte, to show in place of the first picture: empty when nothing
   * runs. Null when not all of it is kept.
   */
  replayBoot(since: number | null): BootReplay | null;
  /** The same as text; null when it is not available now. */
  read(since: number | null): Promise<ScreenText | null>;
  takeover(by: Attachment): void;
  release(by: Attachment): void;
  /** The attachment's window has a new size. */
  resized(by: Attachment): void;
  /** The attachment has told the guest this size. */
  told(by: Attachment, size: ScreenSize): void;
  /** Called once, when the stream has ended for any reason. */
  left(who: Attachment): void;
}

/** What a boot has said. */
export interface BootReplay {
  /** The position of its first byte. */
  readonly from: number;
  readonly bytes: Buffer;
}

export interface AttachmentParts {
  readonly id: number;
  readonly label: string;
  /** The name of an admin of the host; null: an attachment of the gate's. */
  readonly admin: string | null;
  /** Whether the others are told of it. */
  readonly announced: boolean;
  readonly asked: ConsoleMode;
  readonly size: ScreenSize | null;
  /** Whether somebody looks at a screen; else the bytes go to a file or a program. */
  readonly hasPty: boolean;
  /** Whether it shows nothing from before the running boot. */
  readonly fromBoot: boolean;
  /** Milliseconds since the epoch: output from before is never painted. */
  readonly since: number | null;
  readonly socket: Duplex;
  readonly host: AttachmentHost;
  readonly pingMs: number;
  readonly guard: FaultGuard;
}

/** Notes are never dropped. A peer that lets this many bytes pile up is disconnected. */
const SOCKET_END = 1024 * 1024;
/** While the socket is paused for lack of room, only a write can show whether the peer is there. */
const PROBE_MS = 1_000;
const LINGER_MS = 1_000;
const MISSES = 2;

/**
 * One terminal joined to a console, at the end of a stream of frames (wire/console.ts). It passes on the
 * console's output as far as the peer gave credit, and repaints the screen where it left output out.
 */
export class Attachment {
  readonly id: number;
  readonly label: string;
  readonly admin: string | null;
  announced: boolean;
  /**
   * Whether typing may take a free keyboard: the attachment asked to write, and has
   * not given the keyboard back.
   */
  canType: boolean;
  mode: ConsoleMode = 'watch';
  size: ScreenSize | null;
  readonly #since: number | null;
  readonly #socket: Duplex;
  readonly #host: AttachmentHost;
  readonly #feed: ScreenFeed;
  readonly #reader = new FrameReader();
  readonly #guard: FaultGuard;
  readonly #ping: NodeJS.Timeout;
  #probe: NodeJS.Timeout | undefined;
  #typed: Buffer[] = [];
  #heard = true;
  #misses = 0;
  #over = false;

  constructor(parts: AttachmentParts) {
    this.id = parts.id;
    this.label = parts.label;
    this.admin = parts.admin;
    this.announced = parts.announced;
    this.canType = parts.asked === 'write';
    this.size = parts.size;
    this.#socket = parts.socket;
    this.#host = parts.host;
    const { socket, host, since, guard } = parts;
    this.#since = since;
    this.#guard = guard;
    let fromBoot = parts.fromBoot;
    // A later picture, as after a notice, begins with the same boot.
    let from: number | null = null;
    const guarded = <A extends unknown[]>(
      event: string,
      listener: (...given: A) => void,
    ): ((...given: A) => void) =>
      guard.on(event, listener, () => {
        this.#leave();
      });
    this.#feed = new ScreenFeed({
      socket,
      guarded,
      note: (note) => {
        this.note(note);
      },
      paint: async () => {
        const boot = fromBoot ? host.replayBoot(since) : null;
        fromBoot = false;
        if (boot === null) return host.paint(since, this.size, from);
        from = boot.from;
        return boot.bytes;
      },
      betters: parts.hasPty,
    });
    if (socket instanceof Socket) socket.setTimeout(0).setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    socket.on(
      'drain',
      guarded('drain', () => {
        this.#feed.pump();
      }),
    );
    for (const event of ['end', 'error', 'close']) {
      socket.on(
        event,
        guarded(event, () => {
          this.#leave();
        }),
      );
    }
    socket.resume();
    this.#ping = setInterval(
      guarded('ping', () => {
        this.#beat();
      }),
      parts.pingMs,
    ).unref();
  }

  get presence(): Presence {
    return { attachment: this.id, label: this.label, mode: this.mode };
  }

  /** Takes bytes of the stream: from the socket, and those that came with the upgrade. */
  receive(chunk: Buffer): void {
    if (this.#over) return;
    this.#heard = true;
    this.#guard.on(
      'data',
      () => {
        this.#take(chunk);
      },
      () => {
        this.#leave();
      },
    )();
  }

  note(note: ConsoleNote): void {
    if (this.#over) return;
    this.#socket.write(noteFrame(note));
    if (this.#socket.writableLength > SOCKET_END) this.#leave();
  }

  /**
   * Passes on the console's output. @param frame the same bytes, framed once for all attachments
   * @returns whether the frame is not needed any more
   */
  output(bytes: Buffer, frame: Buffer): boolean {
    return this.#feed.output(bytes, frame);
  }

  /**
   * Sends the present screen, then the output after it. A peer that takes nothing now gets it once it does.
   */
  repaint(): void {
    this.#feed.repaint();
  }

  /** To be called when there is room for input again. */
  drained(): void {
    const typed = this.#typed;
    this.#typed = [];
    for (const bytes of typed) this.#type(bytes);
    if (this.#typed.length > 0 || this.#probe === undefined) return;
    clearInterval(this.#probe);
    this.#probe = undefined;
    this.#socket.resume();
  }

  end(reason: ConsoleEnd): void {
    if (this.#over) return;
    this.note({ note: 'ended', reason });
    const socket = this.#socket;
    const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.end(() => {
      clearTimeout(linger);
      socket.destroy();
    });
    this.#stop();
  }

  #take(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (frame.kind === FRAME_BYTES) this.#type(frame.body);
        else this.#request(frame.body);
      }
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof ConsoleRequestError)) throw error;
      this.end('protocol');
    }
  }

  #type(bytes: Buffer): void {
    const refused = this.#typed.length > 0 ? bytes : this.#host.input(this, bytes);
    if (refused === null || refused.length === 0) return;
    this.#typed.push(refused);
    if (this.#probe !== undefined) return;
    this.#socket.pause();
    this.#probe = setInterval(
      this.#guard.on('probe', () => {
        this.note({ note: 'ping' });
      }),
      PROBE_MS,
    ).unref();
  }

  #request(body: Buffer): void {
    const request = parseConsoleRequest(body);
    switch (request.note) {
      case 'credit':
        this.#feed.credit(request.bytes);
        return;
      case 'resize': {
        const size = clampSize(request.cols, request.rows);
        if (size === null) return;
        this.size = size;
        this.#host.resized(this);
        if (request.told === true) this.#host.told(this, size);
        return;
      }
      case 'takeover':
        this.#host.takeover(this);
        return;
      case 'release':
        this.#host.release(this);
        return;
      case 'repaint':
        this.repaint();
        return;
      case 'screen':
        void this.#host
          .read(this.#since)
          .catch(() => null)
          .then(
            this.#guard.on('screen', (screen: ScreenText | null) => {
              this.note({ note: 'screen', screen });
            }),
          );
        return;
      case 'ping':
        this.note({ note: 'pong' });
        return;
      case 'pong':
        return;
    }
  }

  #beat(): void {
    if (this.#probe !== undefined) return;
    this.#misses = this.#heard ? 0 : this.#misses + 1;
    this.#heard = false;
    if (this.#misses >= MISSES) this.#leave();
    else this.note({ note: 'ping' });
  }

  #leave(): void {
    if (this.#over) return;
    this.#stop();
    this.#socket.destroy();
  }

  #stop(): void {
    this.#over = true;
    this.#feed.stop();
    clearInterval(this.#ping);
    clearInterval(this.#probe);
    this.#typed = [];
    this.#host.left(this);
  }
}
