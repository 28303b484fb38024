/** Stops a subscription; twice is harmless. */
export type Unsubscribe = () => void;

/** The customer's end of a session: bytes, size, close. The code above it knows nothing of SSH. */
export interface Terminal {
  /** Whether the client asked for a pty (RFC 4254 §6.2). */
  readonly hasPty: boolean;
  /** The client's TERM mapped to the allow-list; `dumb` for dumb and for no pty at all. */
  readonly term: string;
  /** Whether LC_ALL, LC_CTYPE or LANG said UTF-8; null when the client sent none of them. */
  readonly utf8: boolean | null;
  /** Clamped to 20…300. */
  readonly columns: number;
  /** Clamped to 5…100. */
  readonly rows: number;
  /** False once the client has closed or the connection is lost. */
  readonly isOpen: boolean;
  /** Bytes given to `write` that the client has not taken, over the socket's and the channel's buffers. */
  readonly pendingBytes: number;
  /** @returns false when a source that can wait should wait for `onDrain` */
  write(data: string | Uint8Array): boolean;
  /** To the client's stderr (RFC 4254 §5.2, SSH_EXTENDED_DATA_STDERR); with a pty, the same as `write`. */
  writeError(text: string): void;
  onDrain(listener: () => void): Unsubscribe;
  /**
   * One listener at a time has the input. While there is none, a bounded amount is held, and the client
   * waits.
   */
  onInput(listener: (data: Buffer) => void): Unsubscribe;
  /** The client sent EOF: there will be no more input. */
  onEnd(listener: () => void): Unsubscribe;
  onResize(listener: (columns: number, rows: number) => void): Unsubscribe;
  /** Runs work for the customer: at once, or when it is their turn (`CustomerTurns`). Missing: always at once. */
  inTurn?(work: () => void): void;
  /** The client asked for a break (RFC 4335); the argument is its length in milliseconds. */
  onBreak(listener: (milliseconds: number) => void): Unsubscribe;
  onClose(listener: () => void): Unsubscribe;
  /** Sends the exit status (RFC 4254 §6.10) and closes, after what was written. Once. */
  exit(status: number): void;
}
