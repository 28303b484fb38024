import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import { FRAME_BYTES, INITIAL_CREDIT } from '../../../server/wire/console.js';
import type { ConsoleNote, ConsoleRequest } from '../../../server/wire/console.js';
import { bytesFrame, FrameReader, noteFrame } from '../../../server/wire/frames.js';
import type { Consoles } from '../../../server/dom0/consoles/consoles.js';
import { parseDomainName } from '../../../policy/names.js';
import { CLEAN_SCREEN } from '../../../server/dom0/screens/screen-reset.js';
import { eventually } from '../../support/eventually.js';

const HEAD_END = '\r\n\r\n';

/**
 * A socket server that passes connections to the consoles, as the API does with an upgraded request. The
 * first line is the query.
 */
export class ConsoleDoor {
  readonly #server: Server;
  readonly #path: string;
  readonly #peers: ConsolePeer[] = [];

  constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  static async open(folder: string, consoles: () => Consoles): Promise<ConsoleDoor> {
    const server = createServer((socket) => {
      socket.once('data', (bytes) => {
        socket.pause();
        const end = bytes.indexOf(0x0a);
        const [name = '', query = ''] = bytes.subarray(0, end).toString().split(' ');
        consoles().accept(
          parseDomainName(name)!,
          new URLSearchParams(query),
          socket,
          bytes.subarray(end + 1),
        );
      });
    });
    const path = join(folder, 'door.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return new ConsoleDoor(server, path);
  }

  peer(
    name: string,
    query: Record<string, string>,
    { credits = true, first = Buffer.alloc(0) } = {},
  ): ConsolePeer {
    const socket = connect(this.#path);
    socket.write(Buffer.concat([Buffer.from(`${name} ${new URLSearchParams(query).toString()}\n`), first]));
    const peer = new ConsolePeer(socket, credits);
    this.#peers.push(peer);
    return peer;
  }

  close(): void {
    for (const peer of this.#peers) peer.leave();
    this.#server.close();
  }
}

/** The gate's end of a console stream. */
export class ConsolePeer {
  readonly socket: Duplex;
  readonly notes: ConsoleNote[] = [];
  /** Bytes and notes in the order of their arrival. */
  readonly order: ('bytes' | ConsoleNote)[] = [];
  head = '';
  /** Bytes received without credit. */
  overdrawn = 0;
  answersPings = true;
  pings = 0;
  #chunks: Buffer[] = [];
  readonly #credits: boolean;
  #credit = INITIAL_CREDIT;
  readonly #reader = new FrameReader();

  constructor(socket: Duplex, credits: boolean, upgraded = false) {
    this.socket = socket;
    this.#credits = credits;
    if (upgraded) this.head = HEAD_END;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      this.#take(bytes);
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  forget(): void {
    this.#chunks = [];
    this.order.length = 0;
  }

  type(text: string | Buffer): void {
    this.socket.write(bytesFrame(Buffer.from(text)));
  }

  ask(request: ConsoleRequest): void {
    if (request.note === 'credit') this.#credit += request.bytes;
    this.socket.write(noteFrame(request));
  }

  async note<N extends ConsoleNote['note']>(
    note: N,
    fits: (note: Extract<ConsoleNote, { note: N }>) => boolean = () => true,
  ): Promise<Extract<ConsoleNote, { note: N }>> {
    const wanted = (candidate: ConsoleNote): candidate is Extract<ConsoleNote, { note: N }> =>
      candidate.note === note && fits(candidate as Extract<ConsoleNote, { note: N }>);
    return eventually(`a note ${note}`, () => this.notes.find(wanted));
  }

  async sees(text: string): Promise<void> {
    await eventually(`the text ${JSON.stringify(text)}`, () => this.text.includes(text));
  }

  /** Waits for the first repaint and forgets it. */
  async painted(): Promise<this> {
    await this.sees(CLEAN_SCREEN);
    this.forget();
    return this;
  }

  leave(): void {
    this.socket.destroy();
  }

  #take(bytes: Buffer): void {
    let rest = bytes;
    if (!this.head.endsWith(HEAD_END)) {
      const text = this.head + bytes.toString('latin1');
      const end = text.indexOf(HEAD_END);
      if (end < 0) {
        this.head = text;
        return;
      }
      rest = bytes.subarray(end + 4 - this.head.length);
      this.head = text.slice(0, end + 4);
      if (!this.head.includes(' 101 ')) return;
    }
    for (const { kind, body } of this.#reader.push(rest)) {
      if (kind === FRAME_BYTES) this.#bytes(body);
      else this.#note(JSON.parse(body.toString()) as ConsoleNote);
    }
  }

  #bytes(body: Buffer): void {
    this.#chunks.push(Buffer.from(body));
    this.order.push('bytes');
    this.#credit -= body.length;
    if (this.#credit < 0) this.overdrawn = -this.#credit;
    if (this.#credits) this.ask({ note: 'credit', bytes: body.length });
  }

  #note(note: ConsoleNote): void {
    if (note.note === 'ping') {
      this.pings += 1;
      if (this.answersPings) this.ask({ note: 'pong' });
      return;
    }
    this.notes.push(note);
    this.order.push(note);
  }
}
