/** What an output needs of its connection. */
export interface OutputSender {
  /**
   * False while keys are exchanged, while the socket is full, and for good once the connection is closing.
   */
  readonly isReady: boolean;
  /** Bytes in the socket's buffer. */
  readonly pendingBytes: number;
  channelData(remote: number, data: Buffer): void;
  channelStderr(remote: number, data: Buffer): void;
}

/** A source that can wait should stay below these, in the channel and in the socket below it. Bytes. */
const CHANNEL_HIGH = 64 * 1024;
const SOCKET_HIGH = 256 * 1024;
/** A client that leaves more than this unread is not coming back. Bytes. */
const CHANNEL_MOST = 4 * 1024 * 1024;

interface Piece {
  readonly bytes: Buffer;
  readonly stderr: boolean;
}

/**
 * The outgoing half of one channel, in order. It keeps to the client's window and packet size, and to the
 * room in the socket.
 *
 * It stands in for ssh2's own Channel stream, which writes without end into a socket that nobody reads. Once
 * stdout and stderr have both met a closed window, that stream also sends old bytes a second time.
 */
export class ChannelOutput {
  readonly #sender: OutputSender;
  readonly #remote: number;
  readonly #packetSize: number;
  readonly #onDrained: () => void;
  readonly #onUnread: () => void;
  #window: number;
  #queue: Piece[] = [];
  #queued = 0;
  #saidFull = false;
  #atEnd: (() => void) | undefined;
  #closed = false;

  /**
   * @param onDrained called when a source that was told to wait may go on
   * @param onUnread called when the client leaves more than 4 MiB unread
   */
  constructor(
    sender: OutputSender,
    client: { id: number; window: number; packetSize: number },
    onDrained: () => void,
    onUnread: () => void,
  ) {
    this.#sender = sender;
    this.#remote = client.id;
    this.#window = client.window;
    this.#packetSize = client.packetSize;
    this.#onDrained = onDrained;
    this.#onUnread = onUnread;
  }

  get pendingBytes(): number {
    return this.#queued + this.#sender.pendingBytes;
  }

  /** @param bytes may change when this has returned @returns false when a source that can wait should wait */
  write(bytes: Buffer, stderr = false): boolean {
    if (this.#closed || this.#atEnd !== undefined || bytes.length === 0) return true;
    this.#queue.push({ bytes, stderr });
    this.#queued += bytes.length;
    this.flush();
    const unsent = this.#queue.at(-1);
    if (unsent !== undefined)
      this.#queue[this.#queue.length - 1] = { bytes: Buffer.from(unsent.bytes), stderr: unsent.stderr };
    if (this.#queued > CHANNEL_MOST) {
      this.close();
      this.#onUnread();
      return true;
    }
    this.#saidFull ||= this.#isFull;
    return !this.#isFull;
  }

  /** The client takes so many more bytes (SSH_MSG_CHANNEL_WINDOW_ADJUST). */
  credit(bytes: number): void {
    this.#window = Math.min(0xffffffff, this.#window + bytes);
    this.flush();
  }

  /** Calls back once, after what was written has been sent. */
  end(sent: () => void): void {
    this.#atEnd ??= sent;
    this.flush();
  }

  /** Forgets what is unsent, and calls back for an `end` that waits. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#queued = 0;
    this.#end();
  }

  /** Call it whenever the connection can send again. */
  flush(): void {
    let piece = this.#queue[0];
    while (piece !== undefined && this.#window > 0 && this.#sender.isReady) {
      const size = Math.min(piece.bytes.length, this.#window, this.#packetSize);
      const packet = piece.bytes.subarray(0, size);
      if (piece.stderr) this.#sender.channelStderr(this.#remote, packet);
      else this.#sender.channelData(this.#remote, packet);
      this.#window -= size;
      this.#queued -= size;
      if (size === piece.bytes.length) this.#queue.shift();
      else this.#queue[0] = { bytes: piece.bytes.subarray(size), stderr: piece.stderr };
      piece = this.#queue[0];
    }
    if (this.#queue.length === 0) this.#end();
    if (this.#saidFull && !this.#isFull) {
      this.#saidFull = false;
      this.#onDrained();
    }
  }

  get #isFull(): boolean {
    return this.#queued > CHANNEL_HIGH || this.#sender.pendingBytes > SOCKET_HIGH;
  }

  #end(): void {
    const sent = this.#atEnd;
    if (sent === undefined || this.#ended) return;
    this.#ended = true;
    sent();
  }

  #ended = false;
}
